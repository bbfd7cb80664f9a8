/// What an application's answer to a message says, as Twilio reads it.
///
/// https://www.twilio.com/docs/messaging/twiml#twilios-request-to-your-application: XML is TwiML,
/// plain text is a message to the sender, no text is no message.
public enum TwiMLAnswer {
    /// Reads the body of a successful answer. Without bytes it says nothing, whatever its type.
    public static func read(
        contentType: String?, body: [UInt8], limits: XMLLimits = XMLLimits()
    ) throws(TwiMLError) -> TwiMLDocument {
        guard !body.isEmpty else { return TwiMLDocument() }
        guard body.count <= limits.bytesMax else { throw .tooLarge(bytesMax: limits.bytesMax) }
        let parts = (contentType ?? "").split(separator: ";", omittingEmptySubsequences: false)
            .map { XMLText.trimmed(String($0)).lowercased() }
        if let charset = parts.dropFirst().first(where: { $0.hasPrefix("charset=") }) {
            let name = charset.dropFirst(8).drop { $0 == "\"" }.prefix { $0 != "\"" }
            guard isUTF8(String(name)) else { throw .encoding }
        }
        switch parts.first {
        case "text/xml", "application/xml", "text/html":
            return try TwiMLDocument(parsing: body, limits: limits)
        case "text/plain":
            return try plain(body)
        default:
            throw .contentType
        }
    }

    private static func plain(_ body: [UInt8]) throws(TwiMLError) -> TwiMLDocument {
        let text = XMLText.trimmed(String(decoding: try XMLText.prepared(body), as: UTF8.self))
        var document = TwiMLDocument()
        if !text.isEmpty { document.instructions = [.message(TwiMLMessage(body: text))] }
        return document
    }

    /// True for a name of UTF-8, or of what is a part of it.
    static func isUTF8(_ name: String) -> Bool {
        ["utf-8", "utf8", "us-ascii", "ascii"].contains(name.lowercased())
    }
}

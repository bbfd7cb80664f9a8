import Expat

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
            .map { $0.trimmed.lowercased() }
        let charset = parts.dropFirst().first { $0.hasPrefix("charset=") }.map {
            String($0.dropFirst(8).drop { $0 == "\"" }.prefix { $0 != "\"" })
        }
        switch parts.first {
        case "text/xml", "application/xml", "text/html":
            return try TwiMLDocument(parsing: body, encoding: charset, limits: limits)
        case "text/plain":
            guard isUTF8(charset ?? "utf-8") else { throw .encoding }
            return try plain(body)
        default:
            throw .contentType
        }
    }

    private static func plain(_ body: [UInt8]) throws(TwiMLError) -> TwiMLDocument {
        let bytes = body.starts(with: [0xef, 0xbb, 0xbf]) ? body.dropFirst(3) : body[...]
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .encoding }
        // A line ends with a line feed, however the application ends it.
        let lines = text.split(omittingEmptySubsequences: false) {
            $0 == "\r\n" || $0 == "\r" || $0 == "\n"
        }
        let message = lines.joined(separator: "\n").trimmed
        var document = TwiMLDocument()
        if !message.isEmpty { document.instructions = [.message(TwiMLMessage(body: message))] }
        return document
    }

    /// True for a name of UTF-8, or of what is a part of it.
    private static func isUTF8(_ name: String) -> Bool {
        ["utf-8", "utf8", "us-ascii", "ascii"].contains(name)
    }
}

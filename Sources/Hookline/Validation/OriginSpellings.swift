/// The two spellings of a public URL whose host was written with capitals.
///
/// Most of Twilio's services sign the host in small letters, some as it was typed in the console.
struct OriginSpellings: Sendable {
    /// The host in small letters: the origin that requests are given.
    private let normal: [UInt8]
    /// The host as it was written.
    private let written: [UInt8]

    /// Nil when there is one spelling only.
    init?(_ configuration: Configuration) {
        guard let normal = configuration.publicURL, let written = configuration.publicURLAsWritten
        else { return nil }
        self.normal = Array(normal.utf8)
        self.written = Array(written.utf8)
    }

    /// The public URL as it was written; nil when `origin` is not the public URL.
    func asWritten(_ origin: ArraySlice<UInt8>) -> [UInt8]? {
        origin.elementsEqual(normal) ? written : nil
    }
}

/// What is allowed and is probably a mistake, said at the start and by `check-config`.
public struct SettingAdvice: Sendable {
    private static let tokenBytes = 32

    /// One sentence for each, without its full stop; never a token.
    public let sentences: [String]

    /// Looks at a configuration; a tokens file that cannot be read is not its job.
    public init(_ configuration: Configuration) {
        sentences =
            Self.tokens(configuration.authTokens, in: ConfigurationLoader.tokenVariable)
            + Self.file(configuration.tokensFile) + Self.publicURL(configuration)
    }

    func write(to log: Log) {
        for sentence in sentences { log.write(LogLine(.warning, sentence)) }
    }

    private static func file(_ path: String?) -> [String] {
        // What is wrong with a file that cannot be read is said where it is loaded.
        guard let path, let accounts = try? TokensFile.load(path: path) else { return [] }
        return accounts.sorted { $0.key < $1.key }
            .flatMap { tokens($0.value.tokens, in: "\(path): \($0.key)") }
    }

    private static func tokens(_ tokens: [Secret], in place: String) -> [String] {
        tokens.enumerated().compactMap { index, token in
            guard !isToken(token.bytes) else { return nil }
            let which = tokens.count == 1 ? "the value" : "value \(index + 1) of \(tokens.count)"
            if token.bytes.starts(with: "SK".utf8) {
                return "\(place): \(which) begins with SK, as an API key does; Twilio signs "
                    + "webhooks with the account's Auth Token"
            }
            return "\(place): \(which) does not look like an Auth Token, which has 32 hexadecimal "
                + "digits; copy it again from the Twilio console (Account > API keys & tokens)"
        }
    }

    private static func isToken(_ bytes: [UInt8]) -> Bool {
        bytes.count == tokenBytes
            && bytes.allSatisfy {
                (0x30...0x39).contains($0) || (0x61...0x66).contains($0 | 0x20)
            }
    }

    /// A base path is allowed, so that it is a route's may be meant, and is hardly ever.
    private static func publicURL(_ configuration: Configuration) -> [String] {
        guard let url = configuration.publicURL,
            let route = (Route.builtIn + configuration.routes).first(where: {
                url.hasSuffix($0.path)
            })
        else { return [] }
        return [
            "public-url: \(url) ends with the path of a webhook, so signatures are checked "
                + "against \(url)\(route.path); leave the path out: "
                + "\(url.dropLast(route.path.count))"
        ]
    }
}

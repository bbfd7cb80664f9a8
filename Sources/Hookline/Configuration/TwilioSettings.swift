import POSIX
import TwilioAPI

/// How Twilio's REST API is reached; needed only by what asks it.
public struct TwilioSettings: Sendable {
    /// The account that asks, `AC…`.
    public var account: String?
    /// An API key, `SK…`; nil asks with the account's Auth Token.
    public var apiKey: String?
    /// The key's secret from the environment.
    var apiSecret: Secret?
    /// The path of a file that holds the key's secret.
    public var apiSecretFile: String?
    /// A server in place of Twilio's.
    public var url: String?
    /// The region of the account's data.
    public var region: String?
    /// Where requests enter Twilio's network.
    public var edge: String?
}

/// What becomes of TwiML that the application answers a message with.
public enum TwiMLReplies: String, CaseIterable, Sendable {
    /// It is counted and dropped.
    case ignore
    /// Its messages are sent through Twilio's API.
    case relay
}

extension Setting {
    static let replies: [Setting] = [
        .choice(
            "twiml-replies", TwiMLReplies.self,
            "What becomes of TwiML that your application answers a message with. `relay`: its "
                + "messages are sent through Twilio's REST API. `ignore`: it is counted, no more.",
            set: { $0.twimlReplies = $1 }, show: { $0.twimlReplies.rawValue })
    ]

    static let replyTuning: [Setting] = [
        .duration(
            "reply-look", \.replyLook, .milliseconds(10)...(.seconds(600)),
            "How long Hookline waits before it looks in Twilio's list for a reply whose outcome is "
                + "not known. After three looks it sends the reply once more.")
    ]

    /// Who asks Twilio's API, and where it is.
    static let twilio: [Setting] = [
        Setting(
            "twilio-account", valueName: "SID",
            "Account SID that asks Twilio's REST API, for `hookline doctor`.",
            environment: "TWILIO_ACCOUNT_SID"
        ) { configuration, text throws(SettingProblem) in
            guard AccountSID.isValid(text.utf8) else {
                throw SettingProblem("\"\(text)\" is not AC and 32 hexadecimal digits")
            }
            configuration.twilio.account = text
        } show: {
            $0.twilio.account ?? ""
        },
        Setting(
            "twilio-api-key", valueName: "SID",
            "API key (`SK…`) to ask with; its secret is in `TWILIO_API_SECRET` or in "
                + "`twilio-api-secret-file`. Without a key the account's Auth Token is used.",
            environment: "TWILIO_API_KEY"
        ) { configuration, text throws(SettingProblem) in
            guard text.utf8.count == 34, text.hasPrefix("SK") else {
                throw SettingProblem("\"\(text)\" is not SK and 32 digits")
            }
            configuration.twilio.apiKey = text
        } show: {
            $0.twilio.apiKey ?? ""
        },
        .path(
            "twilio-api-secret-file", \.twilio.apiSecretFile,
            "File with the secret of the API key. A line end after it does not count."),
    ]

    /// Where Twilio's API is.
    static let twilioPlace: [Setting] = [
        Setting(
            "twilio-api", valueName: "URL",
            "Server that is asked in place of Twilio's, for tests and for proxies."
        ) { configuration, text throws(SettingProblem) in
            try WebURL.check(text, isASCII: true)
            guard APIAddress(url: text) != nil else {
                throw SettingProblem("\"\(text)\" is more than a server and a path")
            }
            configuration.twilio.url = text
        } show: {
            $0.twilio.url ?? ""
        },
        place(
            "twilio-region", "TWILIO_REGION", \.twilio.region,
            "Region of the account's data, such as `ie1`."),
        place(
            "twilio-edge", "TWILIO_EDGE", \.twilio.edge,
            "Edge by which requests enter Twilio's network, such as `dublin`."),
    ]

    /// A part of the name of Twilio's host.
    private static func place(
        _ key: String, _ variable: String, _ path: Path<String?>, _ help: String
    ) -> Setting {
        Setting(key, valueName: "NAME", help, environment: variable) {
            configuration, text throws(SettingProblem) in
            guard APIAddress(region: text) != nil else {
                throw SettingProblem("\"\(text)\" is no name of small letters and digits")
            }
            configuration[keyPath: path] = text
        } show: {
            $0[keyPath: path] ?? ""
        }
    }
}

extension ConfigurationLoader {
    /// The variable of the API key's secret, named as in Twilio's own libraries.
    static let twilioSecretVariable = "TWILIO_API_SECRET"

    /// What the keys of Twilio's API say together.
    mutating func checkTwilio() {
        let twilio = configuration.twilio
        if configuration.twimlReplies == .relay, configuration.queue == .redis {
            fault(
                "twiml-replies", sources["twiml-replies"],
                "is relay, which needs the queue in SQLite: set queue to sqlite")
        }
        let hasTokens =
            configuration.development || !configuration.authTokens.isEmpty
            || configuration.tokensFile != nil
        if configuration.twimlReplies == .relay, twilio.apiKey == nil, !hasTokens {
            fault(
                "twiml-replies", sources["twiml-replies"],
                "is relay, but nothing says how to ask Twilio's API: set twilio-api-key, or give "
                    + "Auth Tokens in TWILIO_AUTH_TOKEN or tokens-file")
        }
        if twilio.apiKey != nil, twilio.apiSecret == nil, twilio.apiSecretFile == nil {
            fault(
                "twilio-api-key", sources["twilio-api-key"],
                "has no secret: set \(Self.twilioSecretVariable) or twilio-api-secret-file")
        }
    }
}

extension Configuration {
    /// The Auth Tokens that are configured: of the accounts that the tokens file names, and those
    /// of every other account. What a program or Redis would say is not asked.
    package func configuredTokens() throws(StartupError) -> (
        accounts: [String: [Secret]], others: [Secret]
    ) {
        guard let tokensFile else { return ([:], authTokens) }
        do {
            let accounts = try TokensFile.load(path: tokensFile)
            let others = (accounts["*"]?.tokens ?? []) + authTokens
            return (accounts.filter { $0.key != "*" }.mapValues(\.tokens), others)
        } catch {
            throw .tokens("--tokens-file: \(error)")
        }
    }

    /// Where Twilio's API is.
    var twilioAddress: APIAddress? {
        twilio.url.flatMap { APIAddress(url: $0) }
            ?? APIAddress(region: twilio.region, edge: twilio.edge)
    }

    /// Where Twilio's API is, and the credentials that ask; throws what is missing.
    package func twilioAPI() throws(StartupError) -> APIOptions {
        guard let account = twilio.account else {
            throw .tokens(
                "--twilio-account: is missing: set it, or TWILIO_ACCOUNT_SID, to the account SID "
                    + "that the Twilio console shows")
        }
        guard let address = twilioAddress else {
            throw .tokens("--twilio-api: is no server that can be asked")
        }
        var options = APIOptions(
            address: address, credentials: try twilioCredentials(of: account))
        options.userAgent = "Hookline/\(Version.current)"
        return options
    }

    /// The credentials that ask for an account: an API key, or its own Auth Token.
    package func twilioCredentials(of account: String) throws(StartupError) -> APICredentials {
        if let key = twilio.apiKey {
            return APICredentials(user: key, password: try twilioSecret().bytes)
        }
        let tokens = try configuredTokens()
        guard let token = (tokens.accounts[account] ?? tokens.others).first else {
            throw .tokens(
                "--twilio-account: there is no Auth Token of \(account) to ask Twilio with: set "
                    + "TWILIO_AUTH_TOKEN, or give an API key with --twilio-api-key")
        }
        return APICredentials(user: account, password: token.bytes)
    }

    private func twilioSecret() throws(StartupError) -> Secret {
        if let secret = twilio.apiSecret { return secret }
        let path = twilio.apiSecretFile ?? ""
        do {
            let bytes = try Folder.read(path, bytesMax: 4096) ?? []
            let end = bytes.lastIndex { $0 > 0x20 } ?? -1
            guard end >= 0 else { throw StartupError.tokens("\(path) is empty or not there") }
            return Secret(bytes[...end])
        } catch let error as POSIXError {
            throw .tokens("--twilio-api-secret-file: \(path) cannot be read: \(error.message)")
        } catch {
            throw .tokens("--twilio-api-secret-file: \(path) is empty or not there")
        }
    }
}

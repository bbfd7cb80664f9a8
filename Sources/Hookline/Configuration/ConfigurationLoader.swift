/// Puts a configuration together: flag, environment variable, file, default, in this order of
/// precedence; every fault is found at once.
public struct ConfigurationLoader {
    /// Flags as given: the key without dashes, and the text (`true` for a switch).
    public typealias Flags = [(key: String, text: String)]

    private static let prefix = "HOOKLINE_"
    /// The variable of the Auth Tokens, named as in Twilio's own libraries.
    package static let tokenVariable = "TWILIO_AUTH_TOKEN"

    /// The variable of Redis's password.
    static let redisPasswordVariable = prefix + "REDIS_PASSWORD"

    private(set) var configuration = Configuration()
    private(set) var sources: [String: SettingSource] = [:]
    private var faults: [ConfigurationFault] = []
    /// The file that was read; nil for none.
    private(set) var filePath: String?

    private init() {}

    /// Where each key of the configuration that was loaded was set.
    public struct Loaded: Sendable {
        /// The configuration, valid.
        public var configuration: Configuration
        /// The keys that were set; the others have their default.
        public var sources: [String: SettingSource]
    }

    /// Loads and checks; `needsOrigin` is false for a command that is told the URL.
    public static func load(
        flags: Flags, file: String?, environment: [String: String], needsOrigin: Bool = true
    ) throws(ConfigurationFaults) -> Loaded {
        var loader = ConfigurationLoader()
        if let path = file ?? environment[prefix + "CONFIG"] {
            loader.read(file: path, environment)
        }
        loader.read(environment: environment)
        loader.configuration.control = InvariantControl(environment: environment)
        for (key, text) in flags { loader.set(key, text, from: .flag("--" + key)) }
        // What a file would have said is not missing if it cannot be read.
        if !loader.faults.contains(where: { $0.key == "config" }) {
            loader.check(needsOrigin: needsOrigin)
        }
        guard loader.faults.isEmpty else { throw ConfigurationFaults(faults: loader.faults) }
        return Loaded(configuration: loader.configuration, sources: loader.sources)
    }

    private mutating func read(file path: String, _ environment: [String: String]) {
        let file = ConfigurationFile(path: path, environment: environment)
        filePath = path
        faults += file.faults
        configuration.routes += file.routes
        configuration.destinationEntries = file.destinations
        configuration.ruleEntries = file.rules
        for entry in file.entries {
            set(entry.key, entry.text, from: .file(path: path, line: entry.line))
        }
    }

    private mutating func read(environment: [String: String]) {
        for (name, text) in environment.sorted(by: { $0.key < $1.key })
        where name != Self.prefix + "CONFIG" && name != Self.redisPasswordVariable {
            if let setting = Setting.all.first(where: { $0.environment == name }) {
                set(setting.key, text, from: .environment(name))
            } else if name.hasPrefix(Self.prefix) {
                fault(name, .environment(name), "there is no such variable")
            }
        }
        if let password = environment[Self.redisPasswordVariable] {
            configuration.redisPassword = Secret(password.utf8)
        }
        if let secret = environment[Self.twilioSecretVariable], !secret.isEmpty {
            configuration.twilio.apiSecret = Secret(secret.utf8)
        }
        guard let text = environment[Self.tokenVariable] else { return }
        let tokens = text.split(separator: ",", omittingEmptySubsequences: false)
        if tokens.allSatisfy(TokensFile.isToken) {
            configuration.authTokens = tokens.map { Secret($0.utf8) }
        } else {
            fault(
                Self.tokenVariable, .environment(Self.tokenVariable),
                "is empty, or holds white space or an empty entry; write one token, or several "
                    + "separated by commas")
        }
    }

    private mutating func set(_ key: String, _ text: String, from source: SettingSource) {
        guard let setting = Setting.all.first(where: { $0.key == key }) else {
            return fault(key, source, "there is no such key\(Self.nearest(to: key))")
        }
        if setting.isFlagOnly, case .file = source {
            return fault(key, source, "is a flag only")
        }
        do {
            try setting.apply(&configuration, text)
            sources[key] = source
        } catch {
            fault(key, source, error.sentence)
        }
    }

    /// Notes a fault.
    mutating func fault(_ key: String, _ source: SettingSource?, _ sentence: String) {
        faults.append(ConfigurationFault(source: source, key: key, sentence: sentence))
    }
}

extension ConfigurationLoader {
    /// What single keys cannot say.
    private mutating func check(needsOrigin: Bool) {
        checkOrigin(isNeeded: needsOrigin)
        checkTokens()
        checkRedis()
        checkTwilio()
        if let loop = ForwardLoop().fault(in: configuration) {
            fault("forward-to", sources["forward-to"], loop)
        }
        checkDestinations()
        let settings = configuration
        if settings.alertWarning >= settings.alertCritical {
            fault(
                "alert-warning", sources["alert-warning"],
                "\(DurationText.text(settings.alertWarning)) is not below alert-critical "
                    + "(\(DurationText.text(settings.alertCritical)))")
        }
        if settings.validationBudget > settings.acknowledgementBudget {
            fault(
                "validation-budget", sources["validation-budget"],
                "\(DurationText.text(settings.validationBudget)) is above ack-budget "
                    + "(\(DurationText.text(settings.acknowledgementBudget))), which contains it")
        }
        if settings.acknowledgementBudget > settings.responseDeadline {
            fault(
                "ack-budget", sources["ack-budget"],
                "\(DurationText.text(settings.acknowledgementBudget)) is above response-deadline "
                    + "(\(DurationText.text(settings.responseDeadline)))")
        }
        if settings.dedupeRetention < settings.retryWindow {
            fault(
                "dedupe-retention", sources["dedupe-retention"],
                "\(DurationText.text(settings.dedupeRetention)) is below retry-window "
                    + "(\(DurationText.text(settings.retryWindow)))")
        }
    }

    private mutating func checkOrigin(isNeeded: Bool) {
        let isConfigured = configuration.publicURL != nil || !configuration.trustedProxies.isEmpty
        if configuration.originFromHost && isConfigured {
            let other = configuration.publicURL != nil ? "public-url" : "trusted-proxies"
            fault(
                "origin-from-host", sources["origin-from-host"],
                "contradicts \(other); Twilio's signature is checked against one origin")
        }
        if isNeeded && !isConfigured && !configuration.originFromHost && !configuration.development
            && !faults.contains(where: { ["public-url", "trusted-proxies"].contains($0.key) })
        {
            fault(
                "--public-url", nil,
                "is missing: Twilio signs the URL that it calls, so say which that is, for "
                    + "example https://hooks.example.com (HOOKLINE_PUBLIC_URL, or public-url in "
                    + "the file). Behind a proxy of your own --trusted-proxies takes it from "
                    + "X-Forwarded-*; --origin-from-host takes it from the request; --dev is for "
                    + "trying things out")
        }
    }

    private mutating func checkTokens() {
        let hasTokens =
            !configuration.authTokens.isEmpty || configuration.tokensFile != nil
            || configuration.hasTokenSource
        if configuration.development && hasTokens {
            fault(
                "--dev", sources["dev"],
                "makes a throw-away token and is refused together with real ones "
                    + "(\(Self.tokenVariable), tokens-file, tokens-command or "
                    + "tokens-redis-hash); leave one of the two out")
        }
        if !configuration.development && !hasTokens
            && !faults.contains(where: { $0.key == Self.tokenVariable || $0.key == "tokens-file" })
        {
            fault(
                Self.tokenVariable, nil,
                "is missing: set it to your account's Auth Token, which the Twilio console shows "
                    + "under Account > API keys & tokens, or name a --tokens-file or a "
                    + "--tokens-command. To try things out without a Twilio account, use --dev")
        }
    }

    /// Names the key that was probably meant.
    private static func nearest(to key: String) -> String {
        let candidates = Setting.all.map { ($0.key, distance($0.key, key)) }
        guard let best = candidates.min(by: { $0.1 < $1.1 }), best.1 <= 3 else { return "" }
        return "; did you mean \(best.0)?"
    }

    /// How many letters have to change (Levenshtein).
    private static func distance(_ left: String, _ right: String) -> Int {
        let columns = Array(right.utf8.prefix(64))
        var row = Array(0...columns.count)
        for (line, letter) in left.utf8.enumerated() {
            var diagonal = row[0]
            row[0] = line + 1
            for column in columns.indices {
                let substituted = diagonal + (columns[column] == letter ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(substituted, row[column] + 1, diagonal + 1)
            }
        }
        return row[columns.count]
    }
}

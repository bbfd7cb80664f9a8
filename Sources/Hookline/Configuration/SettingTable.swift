/// The settings that people change first; `TuningTable.swift` has the others.
extension Setting {
    static let hour = Duration.seconds(3600)
    static let day = Duration.seconds(86_400)

    static let listening: [Setting] = [
        Setting(
            "listen", valueName: "ADDRESS",
            "Address and port for Twilio's webhooks and `/healthz`."
        ) { configuration, text throws(SettingProblem) in
            configuration.listen = try ListenAddress(text)
        } show: {
            "\($0.listen)"
        },
        Setting(
            "ops-listen", valueName: "ADDRESS",
            "Address and port for `/metrics`, `/healthz`, `/readyz` and the status page. `same` "
                + "serves them on the address of `listen`."
        ) { configuration, text throws(SettingProblem) in
            configuration.opsListen = text == "same" ? nil : try ListenAddress(text)
        } show: {
            $0.opsListen.map { "\($0)" } ?? "same"
        },
        Setting(
            "ops-hosts", valueName: "NAMES",
            "Host names by which metrics, readiness and the status page may be asked for, "
                + "separated by commas. Addresses, `localhost`, names without a dot and this "
                + "machine's own name need not be listed. Another name gets 421."
        ) { configuration, text throws(SettingProblem) in
            configuration.opsHosts = text.split(separator: ",").map {
                String($0.drop { $0 == " " })
            }
        } show: {
            $0.opsHosts.joined(separator: ",")
        },
    ]

    static let origin: [Setting] = [
        Setting(
            "public-url", valueName: "URL",
            "The URL that Twilio calls, without the path of the webhook: scheme, host, port, and "
                + "the base path if a proxy removes one. Signatures are checked against it."
        ) { configuration, text throws(SettingProblem) in
            let url = try PublicURL(text)
            configuration.publicURL = url.text
            configuration.publicURLAsWritten = url.asWritten
        } show: {
            $0.publicURL ?? ""
        },
        Setting(
            "trusted-proxies", valueName: "CIDRS",
            "Address blocks of your own proxies, separated by commas. Hookline takes the client's "
                + "address from their `X-Forwarded-For`. Without `public-url` it also takes "
                + "scheme, host and port from their `X-Forwarded-Proto`, `-Host` and `-Port`, or "
                + "from their `Forwarded`."
        ) { configuration, text throws(SettingProblem) in
            var blocks: [CIDRBlock] = []
            for part in text.split(separator: ",") {
                blocks.append(try CIDRBlock(String(part.drop { $0 == " " })))
            }
            configuration.trustedProxies = blocks
        } show: {
            $0.trustedProxies.map(\.description).joined(separator: ",")
        },
        .onOff(
            "origin-from-host", \.originFromHost,
            "Take the host from the request's `Host`, and the scheme from its `X-Forwarded-Proto` "
                + "or `Forwarded`. The client can choose both, so prefer `public-url`."),
    ]

    static let tokens: [Setting] = [
        .path(
            "tokens-file", \.tokensFile,
            "YAML file with the Auth Tokens of each account. It is read again when it changes."),
        Setting(
            "tokens-command", valueName: "COMMAND",
            "Program that prints the Auth Tokens of an account, one a line. It is run with its "
                + "arguments (separated by spaces; no shell) and the account SID, for an account "
                + "that is not known yet."
        ) { configuration, text throws(SettingProblem) in
            let words = text.split(separator: " ").map(String.init)
            guard !words.isEmpty else { throw SettingProblem("the command is empty") }
            configuration.tokensCommand = words
        } show: {
            $0.tokensCommand.joined(separator: " ")
        },
        Setting(
            "tokens-command-environment", valueName: "NAMES",
            "Variables of the environment that the command gets, separated by commas. Without "
                + "this it gets `PATH`, `HOME`, `LANG` and `TZ` only, and none of Hookline's own."
        ) { configuration, text throws(SettingProblem) in
            configuration.tokensCommandEnvironment = text.split(separator: ",").map {
                String($0.drop { $0 == " " })
            }
        } show: {
            $0.tokensCommandEnvironment.joined(separator: ",")
        },
        Setting(
            "tokens-redis-hash", valueName: "KEY",
            "Key of a hash in Redis that holds the Auth Tokens of each account SID, separated by "
                + "commas. It is asked instead of a command."
        ) { configuration, text throws(SettingProblem) in
            guard !text.isEmpty else { throw SettingProblem("the key is empty") }
            configuration.tokensRedisHash = text
        } show: {
            $0.tokensRedisHash ?? ""
        },
        .onOff(
            "dev", \.development, isFlagOnly: true,
            "For trying things out: a throw-away Auth Token, and the URL from the request. It is "
                + "refused together with real tokens."),
    ]

    static let forwarding: [Setting] = [
        Setting(
            "forward-to", valueName: "URL",
            "URL of your application. Without it each message is written to the log and counts as "
                + "delivered."
        ) { configuration, text throws(SettingProblem) in
            configuration.forwardTo = try DestinationURL(text)
        } show: {
            $0.forwardTo.map { "\($0)" } ?? ""
        },
        .duration(
            "retry-window", \.retryWindow, .seconds(1)...(day * 30),
            "How long Hookline tries to deliver a message, counted from its receipt. Then the "
                + "message becomes a dead letter."),
    ]

    static let keeping: [Setting] = [
        Setting(
            "data-dir", valueName: "PATH",
            "Folder of the queue, its lock and the control socket. It is made with mode 0700."
        ) { configuration, text throws(SettingProblem) in
            guard !text.isEmpty else { throw SettingProblem("the path is empty") }
            configuration.dataDirectory = text
        } show: {
            $0.dataDirectory
        },
        .choice(
            "queue", QueueKind.self,
            "Where messages wait for your application. `sqlite`: in the data folder of each "
                + "machine. `redis`: in one queue that machines share; while Redis is away, each "
                + "machine keeps messages in its data folder.",
            set: { $0.queue = $1 }, show: { $0.queue.rawValue }),
    ]

    static let thresholds: [Setting] = [
        .duration(
            "alert-warning", \.alertWarning, .milliseconds(1)...(.seconds(60)),
            "Response time (95th percentile) above which there is an alert of severity `warning`."),
        .duration(
            "alert-critical", \.alertCritical, .milliseconds(1)...(.seconds(60)),
            "Response time (95th percentile) above which there is an alert of severity "
                + "`critical`."),
        .ratio(
            "alert-validation-failures", \.alertValidationFailures, above: 0, upTo: 1,
            "Share of failed validations, from 0 to 1, above which there is an alert of severity "
                + "`error`."),
    ]

    static let output: [Setting] = [
        .choice(
            "log-format", LogFormat.self,
            "How log lines are written. On a terminal the default is `text`.",
            set: { $0.logFormat = $1 }, show: { $0.logFormat?.rawValue ?? "json" }),
        .choice(
            "log-level", LogLevel.self, "Least severe level that is written.",
            set: { $0.logLevel = $1 }, show: { $0.logLevel.rawValue }),
    ]
}

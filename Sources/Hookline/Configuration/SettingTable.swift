extension Setting {
    /// Every key, in the order in which documents list them.
    public static let all: [Setting] =
        listening + origin + validation + keeping + redis + forwarding + deadlines
        + limits + metrics + output

    private static let hour = Duration.seconds(3600)
    private static let day = Duration.seconds(86_400)

    private static let listening: [Setting] = [
        Setting("listen", valueName: "ADDRESS", "Webhooks and /healthz.") {
            configuration, text throws(SettingProblem) in
            configuration.listen = try ListenAddress(text)
        } show: {
            "\($0.listen)"
        },
        Setting(
            "ops-listen", valueName: "ADDRESS",
            "/metrics, /healthz, /readyz and the status page, on an event loop of their own; "
                + "`same` puts them on the webhook listener."
        ) { configuration, text throws(SettingProblem) in
            configuration.opsListen = text == "same" ? nil : try ListenAddress(text)
        } show: {
            $0.opsListen.map { "\($0)" } ?? "same"
        },
        Setting(
            "threads", valueName: "NUMBER", "Event loops for webhooks.",
            documentedDefault: "processors"
        ) { configuration, text throws(SettingProblem) in
            guard let count = Int(text), (1...256).contains(count) else {
                throw SettingProblem("\"\(text)\" is not a whole number from 1 to 256")
            }
            configuration.threads = count
        } show: {
            "\($0.threads)"
        },
    ]

    private static let origin: [Setting] = [
        Setting(
            "public-url", valueName: "URL",
            "What Twilio calls: origin and, if a proxy strips one, base path."
        ) { configuration, text throws(SettingProblem) in
            let url = try PublicURL(text)
            configuration.publicURL = url.text
            configuration.publicURLAsWritten = url.asWritten
        } show: {
            $0.publicURL ?? ""
        },
        Setting(
            "trusted-proxies", valueName: "CIDRS",
            "Address blocks, separated by commas, whose X-Forwarded-For names the client, and whose "
                + "X-Forwarded-Proto, -Host and -Port, or Forwarded, count when there is no public URL."
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
            "Take the origin from the request itself (Host, X-Forwarded-Proto or Forwarded)."),
        .path(
            "tokens-file", \.tokensFile,
            "YAML: account SID, or *, to list of Auth Tokens."),
        Setting(
            "tokens-command", valueName: "COMMAND",
            "Program (and arguments, separated by spaces; no shell) that is run with an account "
                + "SID that is not known yet and prints its Auth Tokens, one a line."
        ) { configuration, text throws(SettingProblem) in
            let words = text.split(separator: " ").map(String.init)
            guard !words.isEmpty else { throw SettingProblem("the command is empty") }
            configuration.tokensCommand = words
        } show: {
            $0.tokensCommand.joined(separator: " ")
        },
        Setting(
            "tokens-redis-hash", valueName: "KEY",
            "Key of a hash in Redis from account SID to its Auth Tokens, separated by commas; "
                + "asked for an account that is not known yet, in place of a command."
        ) { configuration, text throws(SettingProblem) in
            guard !text.isEmpty else { throw SettingProblem("the key is empty") }
            configuration.tokensRedisHash = text
        } show: {
            $0.tokensRedisHash ?? ""
        },
        .number(
            "tokens-command-concurrency", \.tokensCommandConcurrency, 1...64,
            "Accounts that the command, or Redis, is asked for at once."),
        .duration(
            "tokens-command-timeout", \.tokensCommandTimeout, .milliseconds(100)...(.seconds(120)),
            "How long the command may take for one account before it is killed, or Redis before "
                + "it counts as failed."),
        .duration(
            "tokens-command-ttl", \.tokensCommandTTL, .seconds(1)...day,
            "How long an answer of the command, or of Redis, holds before it is asked anew, while the old one is "
                + "still used."),
        .onOff(
            "dev", \.development, isFlagOnly: true,
            "Throw-away token, origin from the request; refused together with real tokens."),
    ]

    private static let keeping: [Setting] = [
        Setting(
            "data-dir", valueName: "PATH",
            "Folder of the queue, its lock and the control socket; made with mode 0700."
        ) { configuration, text throws(SettingProblem) in
            guard !text.isEmpty else { throw SettingProblem("the path is empty") }
            configuration.dataDirectory = text
        } show: {
            $0.dataDirectory
        },
        .duration(
            "dedupe-retention", \.dedupeRetention, .seconds(60)...(day * 90),
            "How long a message is known to have been seen; longer than any retry."),
        .duration(
            "dedupe-unknown-retention", \.dedupeUnknownRetention, .seconds(1)...hour,
            "How long an event that Twilio gives no id is known by its content; after it the same "
                + "content is another event."),
        .number(
            "quarantine-rows-max", \.quarantineRowsMax, 0...1_000_000,
            "Refused requests that are kept for release; 0 keeps none."),
        .number(
            "quarantine-bytes-max", \.quarantineBytesMax, 65_536...(1 << 40),
            "Bytes of refused requests that are kept."),
        .duration(
            "quarantine-retention", \.quarantineRetention, .seconds(60)...(day * 90),
            "How long a refused request is kept."),
    ]

    private static let forwarding: [Setting] = [
        Setting(
            "forward-to", valueName: "URL",
            "Destination; without it messages are written to the log as delivered."
        ) { configuration, text throws(SettingProblem) in
            configuration.forwardTo = try DestinationURL(text)
        } show: {
            $0.forwardTo.map { "\($0)" } ?? ""
        },
        .number("forward-concurrency", \.forwardConcurrency, 1...4096, "Forwarded at once."),
        .duration(
            "forward-connect-timeout", \.forwardConnectTimeout, .milliseconds(10)...(.seconds(60)),
            "Name resolution, connection and TLS handshake of an attempt."),
        .duration(
            "forward-timeout", \.forwardTimeout, .milliseconds(10)...(.seconds(600)),
            "A whole attempt."),
        .duration(
            "retry-initial", \.retryInitial, .milliseconds(1)...hour,
            "Longest wait after the first attempt; waits have full jitter."),
        .ratio(
            "retry-factor", \.retryFactor, above: 0.99, upTo: 100,
            "By how much the longest wait grows with each attempt."),
        .duration(
            "retry-cap", \.retryCap, .milliseconds(1)...day, "Longest wait between attempts."),
        .duration(
            "retry-after-max", \.retryAfterMax, .seconds(0)...day,
            "How long the application's Retry-After is honoured."),
        .duration(
            "retry-window", \.retryWindow, .seconds(1)...(day * 30),
            "How long after its receipt a message becomes a dead letter."),
    ]

    private static let validation: [Setting] = [
        .choice(
            "validation-cache", ValidationCacheKind.self,
            "Where it is remembered that a request was validated and stored: in Redis with "
                + "the process's memory before it, in memory, or nowhere.",
            documentedDefault: "redis if a Redis is given, else memory",
            set: { $0.validationCache = $1 }, show: { $0.validationCacheInForce.rawValue }),
        .duration(
            "validation-cache-ttl", \.validationCacheTTL, .seconds(1)...hour,
            "How long that is remembered."),
        .number(
            "validation-cache-entries-max", \.validationCacheEntriesMax, 1024...10_000_000,
            "Requests that are remembered in memory, about 100 bytes each."),
        .duration(
            "signature-timeout", \.signatureTimeout, .milliseconds(1)...(.seconds(5)),
            "How long a request waits for its account's token."),
        .choice(
            "signature-timeout-policy", SignatureTimeoutPolicy.self,
            "What happens when the token is late: `defer` stores the request as unverified, answers "
                + "200 and verifies it before it is dispatched; `reject` answers 503 and keeps it in quarantine; "
                + "`allow` takes it without verification.",
            set: { $0.signatureTimeoutPolicy = $1 },
            show: { $0.signatureTimeoutPolicy.rawValue }),
        .number(
            "unverified-rows-max", \.unverifiedRowsMax, 1...10_000_000,
            "Requests that may be stored unverified; above 503."),
        .number(
            "unverified-bytes-max", \.unverifiedBytesMax, 1 << 20...(1 << 40),
            "Bytes of requests that may be stored unverified; above 503."),
        .duration(
            "unverified-retention", \.unverifiedRetention, .seconds(1)...(day * 30),
            "How long a request may stay unverified before it goes to quarantine."),
        .number(
            "explanations-per-second", \.explanationsPerSecond, 0...1000,
            "Refused requests that are searched each second for what would have matched; "
                + "0 for none."),
    ]

    private static let deadlines: [Setting] = [
        .duration(
            "validation-budget", \.validationBudget, .milliseconds(1)...(.seconds(10)),
            "How long validation may take; longer is counted in "
                + "`hookline_budget_exceeded_total`."),
        .duration(
            "ack-budget", \.acknowledgementBudget, .milliseconds(1)...(.seconds(10)),
            "How long validation and commit may take together; longer is counted too."),
        .duration(
            "response-deadline", \.responseDeadline, .milliseconds(100)...(.seconds(14)),
            "Every answer leaves before; after half of it the ladder goes down from SQLite "
                + "to immediate processing, at 95 % of it to 503."),
        .duration(
            "alert-warning", \.alertWarning, .milliseconds(1)...(.seconds(60)),
            "Response time above which the severity is warning."),
        .duration(
            "alert-critical", \.alertCritical, .milliseconds(1)...(.seconds(60)),
            "Response time above which the severity is critical."),
        .ratio(
            "alert-validation-failures", \.alertValidationFailures, above: 0, upTo: 1,
            "Ratio of failed validations above which the severity is error."),
        .duration(
            "monitor-window", \.monitorWindow, .seconds(5)...hour,
            "How far back the process looks to judge itself by these thresholds; an alert "
                + "of its own ends when a quarter of it has passed without a reason."),
        .ratio(
            "slo-availability", \.availabilityObjective, above: 0, upTo: 0.999_999,
            "Objective: share of genuine requests that are answered 200."),
        .ratio(
            "slo-latency", \.latencyObjective, above: 0, upTo: 0.999_999,
            "Objective: share of genuine requests that are answered within slo-latency-threshold."
        ),
        .duration(
            "slo-latency-threshold", \.latencyObjectiveThreshold,
            .milliseconds(1)...(.seconds(60)), "Objective: that time."),
        .duration(
            "shutdown-deadline", \.shutdownDeadline, .milliseconds(500)...(.seconds(60)),
            "A graceful stop; after it the process ends all the same."),
    ]

    private static let limits: [Setting] = [
        .number("body-bytes-max", \.bodyBytesMax, 1024...(16 << 20), "Bytes of a body; above 413."),
        .number(
            "header-bytes-max", \.headerBytesMax, 1024...(1 << 20),
            "Bytes of request line and header; above 431."),
        .number("parameters-max", \.parametersMax, 16...10_000, "Parameters of a form; above 400."),
        .number(
            "connections-max", \.connectionsMax, 16...100_000,
            "Connections of the webhook listener; near it 503."),
        .duration(
            "header-timeout", \.headerTimeout, .milliseconds(100)...(.seconds(60)),
            "From the connection to the end of the header."),
        .duration(
            "body-timeout", \.bodyTimeout, .milliseconds(100)...(.seconds(60)),
            "From the request line to the last byte of the body."),
        .duration(
            "idle-timeout", \.idleTimeout, .seconds(1)...hour,
            "Between two requests of a connection."),
        .number(
            "queue-rows-max", \.queueRowsMax, 1...100_000_000,
            "Deliveries that may be owed; above it the ladder goes down."),
        .number(
            "batch-rows-max", \.batchRowsMax, 1...10_000, "Messages committed by one transaction."),
        .number(
            "immediate-concurrency-max", \.immediateConcurrencyMax, 1...4096,
            "Webhooks in immediate processing at once."),
    ]

    private static let metrics: [Setting] = [
        .onOff(
            "native-histograms", \.nativeHistograms,
            "Native buckets beside the classic ones, and protobuf for a scraper that asks for it; "
                + "see docs/metrics.md for what Prometheus needs."),
        .onOff(
            "created-timestamps", \.createdTimestamps,
            "OpenMetrics and protobuf say since when each counter and histogram counts; in "
                + "OpenMetrics that is one series more for each."),
        .number(
            "scrapes-max", \.scrapesMax, 1...256, "Scrapes answered at once; above it 503."),
    ]

    private static let output: [Setting] = [
        .choice(
            "log-format", LogFormat.self, "How log lines are written; text on a terminal.",
            set: { $0.logFormat = $1 }, show: { $0.logFormat?.rawValue ?? "json" }),
        .choice(
            "log-level", LogLevel.self, "The least severe level that is written.",
            set: { $0.logLevel = $1 }, show: { $0.logLevel.rawValue }),
    ]
}

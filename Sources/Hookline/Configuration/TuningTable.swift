/// The settings that most people never change, by subject.
extension Setting {
    static let limits: [Setting] = [
        Setting(
            "threads", valueName: "NUMBER", "Event loops for webhooks, each on its own thread.",
            documentedDefault: "processors"
        ) { configuration, text throws(SettingProblem) in
            guard let count = Int(text), (1...256).contains(count) else {
                throw SettingProblem("\"\(text)\" is not a whole number from 1 to 256")
            }
            configuration.threads = count
        } show: {
            "\($0.threads)"
        },
        .duration(
            "response-deadline", \.responseDeadline, .milliseconds(100)...(.seconds(14)),
            "Every answer leaves within this time. After half of it Hookline stops waiting for "
                + "the disk and hands the message to your application; after 95 % of it the "
                + "answer is 503."),
        .number(
            "body-bytes-max", \.bodyBytesMax, 1024...(16 << 20),
            "Largest body, in bytes; a larger one gets 413."),
        .number(
            "header-bytes-max", \.headerBytesMax, 1024...(1 << 20),
            "Largest request line with all header fields, in bytes; a larger one gets 414 or 431."),
        .number(
            "parameters-max", \.parametersMax, 16...10_000,
            "Most parameters of a form; a form with more gets 400."),
        .number(
            "connections-max", \.connectionsMax, 16...100_000,
            "Most connections of the webhook listener. Above nine tenths of them a new request "
                + "gets 503."),
        .duration(
            "header-timeout", \.headerTimeout, .milliseconds(100)...(.seconds(60)),
            "Longest time from the connection to the end of the header. Then the connection is "
                + "closed."),
        .duration(
            "body-timeout", \.bodyTimeout, .milliseconds(100)...(.seconds(60)),
            "Longest time from the request line to the last byte of the body. Then the connection "
                + "is closed."),
        .duration(
            "idle-timeout", \.idleTimeout, .seconds(1)...hour,
            "Longest time between two requests on one connection. Then the connection is closed."),
        .duration(
            "shutdown-deadline", \.shutdownDeadline, .milliseconds(500)...(.seconds(60)),
            "Longest time of a graceful stop. Then the process ends anyway."),
    ]

    static let validationTuning: [Setting] = [
        .duration(
            "signature-timeout", \.signatureTimeout, .milliseconds(1)...(.seconds(5)),
            "How long a request waits for the Auth Token of its account. Then "
                + "`signature-timeout-policy` applies."),
        .choice(
            "signature-timeout-policy", SignatureTimeoutPolicy.self,
            "What happens to a request whose token is late. `defer`: it is stored, gets 200, and "
                + "is verified before it is forwarded. `reject`: it gets 503 and is kept in "
                + "quarantine. `allow`: it is forwarded without verification.",
            set: { $0.signatureTimeoutPolicy = $1 },
            show: { $0.signatureTimeoutPolicy.rawValue }),
        .number(
            "unverified-rows-max", \.unverifiedRowsMax, 1...10_000_000,
            "Most requests that are stored before they are verified; one more gets 503."),
        .number(
            "unverified-bytes-max", \.unverifiedBytesMax, 1 << 20...(1 << 40),
            "Most bytes of all requests that are stored before they are verified; a request "
                + "beyond that gets 503."),
        .duration(
            "unverified-retention", \.unverifiedRetention, .seconds(1)...(day * 30),
            "How long a stored request may wait for its token. Then it goes to quarantine."),
        .number(
            "tokens-command-concurrency", \.tokensCommandConcurrency, 1...64,
            "Most accounts for which the tokens command, or Redis, is asked at the same time."),
        .duration(
            "tokens-command-timeout", \.tokensCommandTimeout, .milliseconds(100)...(.seconds(120)),
            "Longest run of the tokens command for one account; then it is killed. Also the "
                + "longest wait for Redis; then asking it has failed."),
        .duration(
            "tokens-command-ttl", \.tokensCommandTTL, .seconds(1)...day,
            "How long an answer of the tokens command, or of Redis, is fresh. Then Hookline asks "
                + "again, and uses the old answer until the new one is there."),
        .choice(
            "validation-cache", ValidationCacheKind.self,
            "Where Hookline remembers which requests it has verified and stored. `redis`: in "
                + "memory and in Redis, so that machines share it. `memory`: in memory. `off`: "
                + "nowhere.",
            documentedDefault: "redis if a Redis is given, else memory",
            set: { $0.validationCache = $1 }, show: { $0.validationCacheInForce.rawValue }),
        .duration(
            "validation-cache-ttl", \.validationCacheTTL, .seconds(1)...hour,
            "How long a request is remembered in the validation cache."),
        .number(
            "validation-cache-entries-max", \.validationCacheEntriesMax, 1024...10_000_000,
            "Most requests that are remembered in memory, about 100 bytes each. Then the oldest "
                + "is forgotten first."),
        .number(
            "explanations-per-second", \.explanationsPerSecond, 0...1000,
            "Most refused requests a second for which Hookline searches what would have matched; "
                + "0 switches the search off."),
    ]

    static let storeTuning: [Setting] = [
        .number(
            "queue-rows-max", \.queueRowsMax, 1...100_000_000,
            "Most messages that wait for delivery. One more is handed to your application at "
                + "once, and gets 503 if that does not take it. With a queue in Redis the data "
                + "folder takes the same number more."),
        .number(
            "batch-rows-max", \.batchRowsMax, 1...10_000,
            "Most messages that one transaction commits; others wait for the next one."),
        .number(
            "immediate-concurrency-max", \.immediateConcurrencyMax, 1...4096,
            "Most messages that are handed to your application at the same time because the disk "
                + "is late; others wait."),
        .duration(
            "dedupe-retention", \.dedupeRetention, .seconds(60)...(day * 90),
            "How long Hookline remembers a message, so that it recognises a repetition. It must "
                + "not be shorter than `retry-window`."),
        .duration(
            "dedupe-unknown-retention", \.dedupeUnknownRetention, .seconds(1)...hour,
            "How long Hookline remembers an event that has no id from Twilio and is known by its "
                + "content. After that the same content is a new event."),
        .number(
            "dedupe-memory-max", \.dedupeMemoryMax, (1 << 20)...(1 << 40),
            "Most memory, in bytes, that tells a new message without reading the disk. Two bytes "
                + "for each message of `dedupe-retention` are enough; with less, more messages "
                + "read the disk. What is not needed is not taken."),
        .number(
            "dead-letters-max", \.deadLettersMax, 1...100_000_000,
            "Most dead letters that are kept. Then the oldest is deleted first."),
        .duration(
            "dead-letter-retention", \.deadLetterRetention, .seconds(60)...(day * 3650),
            "How long a dead letter is kept, counted from when it was given up. Then it is "
                + "deleted."),
        .number(
            "quarantine-rows-max", \.quarantineRowsMax, 0...1_000_000,
            "Most refused requests that are kept for release; 0 keeps none. docs/operating.md says "
                + "which ones are deleted beyond that."),
        .number(
            "quarantine-bytes-max", \.quarantineBytesMax, 65_536...(1 << 40),
            "Most bytes of all refused requests that are kept; see `quarantine-rows-max`."),
        .duration(
            "quarantine-retention", \.quarantineRetention, .seconds(60)...(day * 90),
            "How long a refused request is kept. Then it is deleted."),
    ]

    static let forwardingTuning: [Setting] = [
        .number(
            "forward-concurrency", \.forwardConcurrency, 1...4096,
            "Most messages that are forwarded at the same time; others wait."),
        .duration(
            "forward-connect-timeout", \.forwardConnectTimeout, .milliseconds(10)...(.seconds(60)),
            "Longest time for name resolution, connection and TLS handshake of one attempt. Then "
                + "the attempt has failed."),
        .duration(
            "forward-timeout", \.forwardTimeout, .milliseconds(10)...(.seconds(600)),
            "Longest time of a whole attempt. Then it has failed."),
        .duration(
            "retry-initial", \.retryInitial, .milliseconds(1)...hour,
            "Longest wait after the first attempt. Each wait is random, between 0 and the longest "
                + "wait."),
        .ratio(
            "retry-factor", \.retryFactor, above: 0.99, upTo: 100,
            "The longest wait is multiplied by this after each further attempt."),
        .duration(
            "retry-cap", \.retryCap, .milliseconds(1)...day,
            "The longest wait does not grow beyond this."),
        Setting(
            "refusal-statuses", valueName: "NUMBERS",
            "Statuses from 400 to 499 with which your application refuses a message for good, "
                + "separated by commas. 410 always does."
        ) { configuration, text throws(SettingProblem) in
            configuration.refusalStatuses = try StatusList.parse(text)
        } show: {
            $0.refusalStatuses.map { "\($0)" }.joined(separator: ",")
        },
        .number(
            "refusal-attempts", \.refusalAttempts, 1...1000,
            "From this attempt on such an answer makes the message a dead letter."),
        .duration(
            "retry-after-max", \.retryAfterMax, .seconds(0)...day,
            "Longest `Retry-After` of your application that Hookline follows; a longer one is cut "
                + "to this."),
    ]

    static let observabilityTuning: [Setting] = [
        .duration(
            "validation-budget", \.validationBudget, .milliseconds(1)...(.seconds(10)),
            "Longest time that validation should take; a longer one is counted in "
                + "`hookline_budget_exceeded_total`."),
        .duration(
            "ack-budget", \.acknowledgementBudget, .milliseconds(1)...(.seconds(10)),
            "Longest time that validation and storing together should take; a longer one is "
                + "counted in `hookline_budget_exceeded_total`."),
        .duration(
            "monitor-window", \.monitorWindow, .seconds(5)...hour,
            "How far back the process looks to judge itself by the alert thresholds. An alert in "
                + "its log ends after a quarter of this time without a reason."),
        .ratio(
            "slo-availability", \.availabilityObjective, above: 0, upTo: 0.999_999,
            "Objective: share of genuine requests, from 0 to 1, that should get 200."),
        .ratio(
            "slo-latency", \.latencyObjective, above: 0, upTo: 0.999_999,
            "Objective: share of genuine requests, from 0 to 1, that should be answered within "
                + "`slo-latency-threshold`."),
        .duration(
            "slo-latency-threshold", \.latencyObjectiveThreshold,
            .milliseconds(1)...(.seconds(60)),
            "Response time that `slo-latency` counts as good."),
        .onOff(
            "native-histograms", \.nativeHistograms,
            "Export native buckets beside the classic ones, and protobuf to a scraper that asks "
                + "for it. docs/metrics.md says what Prometheus needs."),
        .onOff(
            "created-timestamps", \.createdTimestamps,
            "Export, in OpenMetrics and protobuf, since when each counter and histogram counts. "
                + "In OpenMetrics that adds one series for each."),
        .onOff(
            "core-dumps", \.coreDumps,
            "Let a crash leave an image of the memory, for a debugger. Tokens and messages are in "
                + "it."),
        .number(
            "scrapes-max", \.scrapesMax, 1...256,
            "Most scrapes that are answered at the same time; one more gets 503."),
    ]
}

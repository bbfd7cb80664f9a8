import TestSupport
import Testing

@testable import Hookline

@Suite struct ConfigurationLoaderTests {
    private let base = [
        "TWILIO_AUTH_TOKEN": "t", "HOOKLINE_PUBLIC_URL": "https://hooks.example.com",
    ]

    private func load(
        _ flags: ConfigurationLoader.Flags = [], _ environment: [String: String] = [:],
        file: String? = nil
    ) throws -> ConfigurationLoader.Loaded {
        try ConfigurationLoader.load(
            flags: flags, file: file, environment: base.merging(environment) { $1 })
    }

    private func faults(
        _ flags: ConfigurationLoader.Flags = [], _ environment: [String: String] = [:],
        file: String? = nil
    ) -> [String] {
        do {
            _ = try load(flags, environment, file: file)
            return []
        } catch let error as ConfigurationFaults {
            return error.faults.map(\.description)
        } catch {
            return ["\(error)"]
        }
    }

    /// A value for each key that is not its default.
    private static let samples = [
        "listen": "127.0.0.1:1", "ops-listen": "same", "ops-hosts": "a.example,b.example",
        "threads": "3",
        "public-url": "https://other.example.com/base", "trusted-proxies": "10.0.0.0/8,::1",
        "origin-from-host": "true", "tokens-file": "/t", "dev": "true", "data-dir": "/d",
        "dedupe-retention": "30d", "dedupe-unknown-retention": "7m", "quarantine-rows-max": "77",
        "quarantine-bytes-max": "77777",
        "quarantine-retention": "7h", "forward-to": "https://app.example.com/hooks",
        "forward-concurrency": "7", "forward-connect-timeout": "7s", "forward-timeout": "7s",
        "retry-initial": "7s", "retry-factor": "3.5", "retry-cap": "7m", "retry-after-max": "7s",
        "refusal-statuses": "400,422", "refusal-attempts": "7",
        "retry-window": "7h", "validation-budget": "7ms", "ack-budget": "700ms",
        "response-deadline": "7s", "alert-warning": "7ms", "alert-critical": "7s",
        "alert-validation-failures": "0.7", "shutdown-deadline": "7s", "body-bytes-max": "7777",
        "header-bytes-max": "7777", "parameters-max": "77", "connections-max": "77",
        "header-timeout": "7s", "body-timeout": "7s", "idle-timeout": "7s",
        "core-dumps": "true", "tokens-command-environment": "VAULT_ADDR,VAULT_TOKEN",
        "tokens-command": "/bin/tokens --plain", "tokens-command-concurrency": "7",
        "tokens-command-timeout": "7s", "tokens-command-ttl": "7m", "validation-cache": "off",
        "validation-cache-ttl": "7m", "validation-cache-entries-max": "7777",
        "signature-timeout": "7ms", "signature-timeout-policy": "reject",
        "unverified-rows-max": "77", "unverified-bytes-max": "7777777",
        "unverified-retention": "7h",
        "native-histograms": "true", "created-timestamps": "true", "scrapes-max": "7",
        "explanations-per-second": "7", "queue-rows-max": "77", "batch-rows-max": "77",
        "immediate-concurrency-max": "7", "dedupe-memory-max": "7777777",
        "dead-letters-max": "77", "dead-letter-retention": "7h",
        "monitor-window": "7s", "slo-availability": "0.7", "slo-latency": "0.8",
        "slo-latency-threshold": "7ms",
        "redis": "redis://127.0.0.1:7777/7", "redis-user": "seven", "redis-password-file": "/p",
        "queue": "redis", "redis-replicas": "7", "tokens-redis-hash": "seven",
        "redis-timeout": "7ms", "redis-queue-timeout": "77ms",
        "log-format": "text", "log-level": "error",
        "twilio-account": "AC" + String(repeating: "7", count: 32),
        "twilio-api-key": "SK" + String(repeating: "7", count: 32),
        "twilio-api-secret-file": "/s", "twilio-api": "http://127.0.0.1:7777",
        "twiml-replies": "relay", "reply-look": "7s", "twilio-region": "au1",
        "twilio-edge": "sydney",
    ]

    @Test(arguments: Setting.all.map(\.key))
    func `each key is read from flag, environment and file, and shown`(key: String) throws {
        let setting = try #require(Setting.all.first { $0.key == key })
        let sample = try #require(Self.samples[key], "no sample for \(key)")
        var configuration = Configuration()
        #expect(setting.text(in: configuration) != sample)
        try setting.apply(&configuration, sample)
        let shown = setting.text(in: configuration)
        #expect(shown == (sample == "true" ? "on" : sample))
        // What contradicts the base is shown by `apply` alone.
        guard !["dev", "origin-from-host", "tokens-file"].contains(key) else { return }
        let redis =
            switch key {
            case "queue", "tokens-redis-hash": ["HOOKLINE_REDIS_URL": "redis://127.0.0.1"]
            case "twilio-api-key": ["TWILIO_API_SECRET": "seven"]
            default: [String: String]()
            }
        #expect(setting.text(in: try load([(key, sample)], redis).configuration) == shown)
        let name = try #require(setting.environment)
        let loaded = try load([], redis.merging([name: sample]) { $1 })
        #expect(setting.text(in: loaded.configuration) == shown)
        #expect(loaded.sources[key] == .environment(name))
        let folder = try TemporaryFolder()
        try folder.write("\(key): \(sample)\n", to: "c.yaml")
        let environment =
            key == "public-url" ? ["TWILIO_AUTH_TOKEN": "t"] : base.merging(redis) { $1 }
        let fromFile = try ConfigurationLoader.load(
            flags: [], file: folder.path("c.yaml"), environment: environment)
        #expect(setting.text(in: fromFile.configuration) == shown)
        #expect(fromFile.sources[key] == .file(path: folder.path("c.yaml"), line: 1))
    }

    @Test func `a flag goes before the environment, which goes before the file`() throws {
        let folder = try TemporaryFolder()
        try folder.write("threads: 5\nretry-factor: 5\nparameters-max: 55\n", to: "c.yaml")
        let environment = ["HOOKLINE_THREADS": "6", "HOOKLINE_RETRY_FACTOR": "6"]
        let loaded = try load([("threads", "7")], environment, file: folder.path("c.yaml"))
        #expect(loaded.configuration.threads == 7)
        #expect(loaded.configuration.retryFactor == 6)
        #expect(loaded.configuration.parametersMax == 55)
    }

    @Test(arguments: [
        ("retry-window", "8d"), ("alert-warning", "3s"), ("validation-budget", "501ms"),
        ("ack-budget", "2001ms"), ("origin-from-host", "true"), ("queue", "redis"),
        ("validation-cache", "redis"), ("tokens-redis-hash", "k"),
        ("redis", "redis://u:p@127.0.0.1"),
    ])
    func `keys that contradict each other are refused`(key: String, text: String) {
        #expect(faults([(key, text)]).count == 1, "\(faults([(key, text)]))")
    }

    @Test func `Redis is given by flag or variable, its password apart or in the variable`() throws
    {
        let apart = try load(
            [("redis", "redis://127.0.0.1:7000/2")],
            ["HOOKLINE_REDIS_PASSWORD": "secret", "HOOKLINE_REDIS_USER": "hook"])
        let credentials = try #require(try apart.configuration.redisCredentials())
        #expect(credentials.user == "hook" && credentials.password == Array("secret".utf8))
        #expect(apart.configuration.validationCacheInForce == .redis)
        #expect(apart.configuration.queue == .sqlite)
        let within = try load([], ["HOOKLINE_REDIS_URL": "redis://u:pw@127.0.0.1"]).configuration
        #expect(try within.redisCredentials()?.password == Array("pw".utf8))
        let shown = Setting.all.map { $0.text(in: within) } + ["\(within)"]
        #expect(shown.contains("redis://127.0.0.1:6379/0"))
        #expect(!shown.contains { $0.contains("pw") })
        let folder = try TemporaryFolder()
        try folder.write("from a file\n", to: "password")
        let file = try load(
            [("redis", "unix:///r"), ("redis-password-file", folder.path("password"))])
        #expect(try file.configuration.redisCredentials()?.password == Array("from a file".utf8))
        #expect(try load().configuration.redisCredentials() == nil)
    }

    @Test func `a password of Redis that is twice there, empty or nowhere is refused`() throws {
        let url = ["HOOKLINE_REDIS_URL": "redis://u:p@127.0.0.1"]
        let twice = faults([], url.merging(["HOOKLINE_REDIS_PASSWORD": "x"]) { $1 })
        #expect(twice.count == 1 && twice[0].contains("the URL and HOOKLINE_REDIS_PASSWORD"))
        #expect(faults([("redis-user", "u")], ["HOOKLINE_REDIS_URL": "redis://h"]).count == 1)
        #expect(faults([("redis-user", "u")], url).count == 1)
        #expect(
            faults(
                [("queue", "redis"), ("redis-queue-timeout", "501ms")],
                ["HOOKLINE_REDIS_URL": "redis://h"]
            ).first?.contains("a quarter of response-deadline (2s)") == true)
        let folder = try TemporaryFolder()
        try folder.write("\n", to: "password")
        for path in [folder.path("password"), folder.path("none"), folder.path("")] {
            let loaded = try load([("redis", "unix:///r"), ("redis-password-file", path)])
            #expect(throws: StartupError.self) { try loaded.configuration.redisCredentials() }
        }
    }

    @Test(arguments: [
        ("listen", "8080"), ("listen", "h:99999"), ("threads", "0"), ("threads", "two"),
        ("public-url", "hooks.example.com"), ("public-url", "https://h/?a=b"),
        ("public-url", "https://u:p@h"), ("forward-to", "ftp://h"), ("forward-to", "https://h/#x"),
        ("forward-to", "https://h/a b"), ("trusted-proxies", "10.0.0.0/33"),
        ("retry-initial", "10"), ("retry-initial", "10 s"), ("retry-initial", "-1s"),
        ("retry-initial", "2h"), ("body-bytes-max", "1"), ("retry-factor", "NaN"),
        ("alert-validation-failures", "0"), ("log-level", "loud"), ("data-dir", ""),
    ])
    func `a bad value is refused with its key and its text`(key: String, text: String) throws {
        let found = faults([(key, text)])
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("--\(key): ") == true, "\(found)")
        #expect(
            text.isEmpty || text.contains("@")
                || found.first?.contains(text.prefix { $0 != "?" }) == true, "\(found)")
    }

    @Test(arguments: ["", " ", "a,", ",a", "a b", "a\n"])
    func `a token that is none is refused and not repeated`(token: String) {
        let found = faults([], ["TWILIO_AUTH_TOKEN": token])
        #expect(found.count == 1)
        #expect(found.first?.contains("TWILIO_AUTH_TOKEN") == true)
    }

    @Test func `X5 several tokens are taken in their order`() throws {
        let loaded = try load([], ["TWILIO_AUTH_TOKEN": "new,old"])
        #expect(
            loaded.configuration.authTokens.map(\.bytes) == [Array("new".utf8), Array("old".utf8)])
        #expect("\(loaded.configuration.authTokens)".contains("redacted"))
    }

    @Test func `a file may hold routes, and each mistake in it has its line`() throws {
        let folder = try TemporaryFolder()
        try folder.write("routes:\n  - /hooks/a\n  - path: /hooks/b\n", to: "good.yaml")
        let loaded = try load(file: folder.path("good.yaml"))
        #expect(loaded.configuration.routes.suffix(2).map(\.path) == ["/hooks/a", "/hooks/b"])
        try folder.write(
            "threads: 2\ndev: true\nroutes: [/webhook/sms, /metrics, x]\nforward-to: {a: b}\n",
            to: "bad.yaml")
        let found = faults(file: folder.path("bad.yaml"))
        for line in [
            "line 2: dev", "line 3: routes: /webhook/sms", "line 3: routes: /metrics", "\"x\"",
            "line 4: forward-to",
        ] {
            #expect(found.contains { $0.contains(line) }, "\(line): \(found)")
        }
        #expect(found.count == 5)
        try folder.write("a: [", to: "broken.yaml")
        #expect(faults(file: folder.path("broken.yaml")).count == 1)
        #expect(faults(file: folder.path("absent.yaml")).first?.contains("no such file") == true)
    }
}

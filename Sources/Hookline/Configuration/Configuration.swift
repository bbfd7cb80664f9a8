import POSIX
import Redis

/// Everything that can be configured, validated; `Setting.all` says how each is written.
///
/// A value that is not named here has no key: what is fixed is a constant beside its use.
public struct Configuration: Sendable {
    // Listening
    /// Webhooks and `/healthz`.
    public var listen = ListenAddress(host: "0.0.0.0", port: 8080)
    /// `/metrics`, `/healthz`, `/readyz`, status page; nil serves them on `listen`.
    public var opsListen: ListenAddress? = ListenAddress(host: "127.0.0.1", port: 9464)
    /// Names by which operations may be asked for, beside those that no stranger can own.
    public var opsHosts: [String] = []
    /// Event loops for webhooks.
    public var threads = ProcessLimits.processors

    // What Twilio signs
    /// Origin and base path that Twilio calls, without a slash at the end.
    public var publicURL: String?
    /// The same with the capitals that its host was written with; nil when it had none.
    public var publicURLAsWritten: String?
    /// Peers whose `X-Forwarded-*` count when there is no public URL.
    public var trustedProxies: [CIDRBlock] = []
    /// The origin is taken from the request itself.
    public var originFromHost = false
    /// A throw-away token, and the origin from the request.
    public var development = false
    /// Tokens of every account that the tokens file does not name.
    public var authTokens: [Secret] = []
    /// The tokens file's path.
    public var tokensFile: String?
    /// Program and arguments that print an account's tokens; empty for none.
    public var tokensCommand: [String] = []
    /// Variables of the environment that the command gets beside PATH, HOME, LANG and TZ.
    public var tokensCommandEnvironment: [String] = []
    /// A crash may leave an image of the memory.
    public var coreDumps = false
    /// The key of a hash in Redis from account SID to tokens; nil for none.
    public var tokensRedisHash: String?
    /// Accounts that the source is asked for at once.
    public var tokensCommandConcurrency = 4
    /// How long the source may take for one account.
    public var tokensCommandTimeout: Duration = .seconds(15)
    /// How long the source's answer holds before it is asked anew.
    public var tokensCommandTTL: Duration = .seconds(300)

    // Validation
    /// Refused requests that are searched for an explanation each second; 0 for none.
    public var explanationsPerSecond = 10
    /// Where validations are remembered; nil is `redis` when there is one, else `memory`.
    public var validationCache: ValidationCacheKind?
    /// How long a validation is remembered.
    public var validationCacheTTL: Duration = .seconds(300)
    /// Validations that are remembered in memory.
    public var validationCacheEntriesMax = 65_536
    /// How long a request waits for its account's token.
    public var signatureTimeout: Duration = .milliseconds(50)
    /// What happens to a request whose account's token is late.
    public var signatureTimeoutPolicy = SignatureTimeoutPolicy.defer
    /// Requests that may be stored unverified.
    public var unverifiedRowsMax = 100_000
    /// Bytes of requests that may be stored unverified.
    public var unverifiedBytesMax = 256 << 20
    /// How long a request may stay unverified.
    public var unverifiedRetention: Duration = .seconds(86_400)

    // Keeping and forwarding
    /// The data folder.
    public var dataDirectory = "./hookline-data"
    /// The destination called `default`; nil without any other writes messages to the log.
    var forwardTo: DestinationURL?
    /// The destinations of the file, as it has them.
    var destinationEntries: [DestinationEntry] = []
    /// Which webhook is for which destination; without any, all are for the only one.
    var ruleEntries: [RuleEntry] = []
    /// Forwarded at once.
    public var forwardConcurrency = 64
    /// Name resolution, connection and TLS handshake of an attempt.
    public var forwardConnectTimeout: Duration = .seconds(5)
    /// A whole attempt.
    public var forwardTimeout: Duration = .seconds(30)
    /// The longest wait after a first attempt.
    public var retryInitial: Duration = .seconds(1)
    /// By how much the longest wait grows.
    public var retryFactor = 2.0
    /// The longest wait.
    public var retryCap: Duration = .seconds(15 * 60)
    /// How long a `Retry-After` is honoured.
    public var retryAfterMax: Duration = .seconds(3600)
    /// Statuses with which an application refuses a message for good.
    public var refusalStatuses = [400, 413, 414, 415, 422, 451]
    /// From which attempt on such an answer makes a dead letter.
    public var refusalAttempts = 5
    /// When a delivery is given up.
    public var retryWindow: Duration = .seconds(24 * 3600)
    /// How long a message is known to have been seen.
    public var dedupeRetention: Duration = .seconds(7 * 86_400)
    /// How long an event that Twilio gives no name is known by its content; see `WebhookKind`.
    public var dedupeUnknownRetention: Duration = .seconds(120)
    /// Memory that tells new messages without a look at the disk.
    public var dedupeMemoryMax = 256 * 1024 * 1024
    /// Dead letters that are kept.
    public var deadLettersMax = 1_000_000
    /// How long a dead letter is kept.
    public var deadLetterRetention: Duration = .seconds(30 * 86_400)
    /// Refused requests that are kept; 0 keeps none.
    public var quarantineRowsMax = 10_000
    /// Bytes of refused requests that are kept.
    public var quarantineBytesMax = 64 * 1024 * 1024
    /// How long a refused request is kept.
    public var quarantineRetention: Duration = .seconds(7 * 86_400)

    // Redis
    /// Which Redis, without credentials unless the URL has them; nil for none.
    var redis: RedisURL?
    /// The user of Redis's access lists; nil is the default user.
    public var redisUser: String?
    /// Redis's password from the environment.
    public var redisPassword: Secret?
    /// The path of a file that holds Redis's password.
    public var redisPasswordFile: String?
    /// Where deliveries are queued.
    public var queue = QueueKind.sqlite
    /// Replicas that must have confirmed an append; 0 for none.
    public var redisReplicas = 0
    /// Every operation of the validation cache in Redis.
    public var redisTimeout: Duration = .milliseconds(20)
    /// An append to the queue in Redis.
    public var redisQueueTimeout: Duration = .milliseconds(250)

    // Twilio's REST API
    /// What becomes of TwiML that the application answers with.
    public var twimlReplies = TwiMLReplies.ignore
    /// How long Twilio's list may lag before it is looked at.
    public var replyLook: Duration = .seconds(5)
    /// Who asks it, and where it is.
    public var twilio = TwilioSettings()

    // Deadlines and thresholds
    /// Validation of a request.
    public var validationBudget: Duration = .milliseconds(100)
    /// Validation and commit.
    public var acknowledgementBudget: Duration = .milliseconds(500)
    /// The whole answer; the fallback's deadlines follow from it.
    public var responseDeadline: Duration = .seconds(2)
    /// Threshold of the response time, severity `warning`.
    public var alertWarning: Duration = .seconds(1)
    /// Threshold of the response time, severity `critical`.
    public var alertCritical: Duration = .seconds(3)
    /// Threshold of the ratio of failed validations.
    public var alertValidationFailures = 0.05
    /// How far back the monitor looks.
    public var monitorWindow: Duration = .seconds(60)
    /// Share of genuine requests that are to be answered 200.
    public var availabilityObjective = 0.999
    /// Share of genuine requests that are to be answered within the threshold below.
    public var latencyObjective = 0.99
    /// Within which genuine requests are to be answered.
    public var latencyObjectiveThreshold: Duration = .milliseconds(500)
    /// A graceful stop.
    public var shutdownDeadline: Duration = .seconds(5)

    // Limits
    /// Bytes of a body.
    public var bodyBytesMax = 256 * 1024
    /// Bytes of a request line with its header fields.
    public var headerBytesMax = 8 * 1024
    /// Parameters of a form.
    public var parametersMax = 512
    /// Connections of the webhook listener.
    public var connectionsMax = 4096
    /// From the connection to the end of the header.
    public var headerTimeout: Duration = .seconds(5)
    /// From the request line to the last byte of the body.
    public var bodyTimeout: Duration = .seconds(10)
    /// Between two requests of a connection.
    public var idleTimeout: Duration = .seconds(60)
    /// Deliveries that may be owed.
    public var queueRowsMax = 1_000_000
    /// Messages of one transaction.
    public var batchRowsMax = 512
    /// Webhooks in immediate processing at once.
    public var immediateConcurrencyMax = 64

    // Metrics
    /// Histograms have native buckets too, and `/metrics` offers protobuf.
    public var nativeHistograms = false
    /// OpenMetrics and protobuf say since when each counter and histogram counts.
    public var createdTimestamps = false
    /// Scrapes that are answered at once.
    public var scrapesMax = 8

    // Log and routes
    /// How log lines are written; nil is `text` on a terminal, else `json`.
    public var logFormat: LogFormat?
    /// The least severe level that is written.
    public var logLevel = LogLevel.info
    /// Paths of webhooks; more through `routes` in the file.
    public var routes = Route.builtIn

    /// An invariant that is broken on purpose; nil in every release build.
    var control: InvariantControl?

    /// The defaults; without tokens and origin they do not serve.
    public init() {}
}

extension Configuration {
    /// Where validations are remembered, with the default filled in.
    public var validationCacheInForce: ValidationCacheKind {
        validationCache ?? (redis == nil ? .memory : .redis)
    }

    /// True when there is a source that is asked for the tokens of accounts that nothing names.
    var hasTokenSource: Bool { !tokensCommand.isEmpty || tokensRedisHash != nil }

    /// Reads the tokens file, as `serve` does at start, and says what is wrong with it.
    public func checkTokensFile() throws(StartupError) {
        guard let path = tokensFile else { return }
        do {
            _ = try TokensFile.load(path: path)
        } catch {
            throw .tokens("--tokens-file: \(error)")
        }
    }
}

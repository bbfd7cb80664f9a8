import Curl
import POSIX

/// What `hookline bench` does, where, and its bounds.
public struct BenchOptions: Sendable {
    /// Requests a second.
    public static let rateRange = 1...100_000
    /// Seconds of the concurrent load.
    public static let secondsRange = 1...3600
    /// Connections.
    public static let connectionsRange = 1...1024
    /// Requests of one load: they are signed ahead and their signatures kept.
    public static let requestsMax = SignedWebhooks.countMax

    /// Where to post. To check both of Hookline's WhatsApp paths it also posts to the same URL
    /// with the other one; to nothing else.
    public var url: String
    /// The URL to sign, if a proxy in between makes it another; nil signs `url`.
    public var signedURL: String?
    /// Where the server's metrics are; nil looks into the data folder, then at the default.
    public var opsURL: String?
    /// Requests a second of the concurrent load.
    public var rate = 200
    /// How long the concurrent load lasts, in seconds.
    public var seconds = 10
    /// How many requests are under way at once at most.
    public var connections = 64
    /// Whether to raise the rate at the end until the server does not keep up.
    public var isBenchmarking = true
    /// How long one answer may take; Twilio's own limit.
    public var timeoutMilliseconds = 15_000
    /// What the messages say they are.
    public var message = TestMessageOptions()

    /// The usual load to `url`.
    public init(url: String) {
        self.url = url
        message.text = "Hello from hookline bench"
    }

    /// Says which option is out of its bounds.
    public func check() throws(BenchError) {
        guard CurlLibrary.accepts(url: url) else {
            throw .option("--to: \(url) is not an absolute http or https URL")
        }
        if let opsURL, !CurlLibrary.accepts(url: opsURL) {
            throw .option("--ops: \(opsURL) is not an absolute http or https URL")
        }
        try check("--rate", rate, Self.rateRange)
        try check("--duration", seconds, Self.secondsRange)
        try check("--connections", connections, Self.connectionsRange)
        guard rate * seconds <= Self.requestsMax else {
            throw .option(
                "--rate and --duration: \(FigureText.count(rate * seconds)) requests are more "
                    + "than \(FigureText.count(Self.requestsMax))")
        }
        let files = UInt64(connections) + 64
        guard ProcessLimits.raiseOpenFiles(to: files) >= files else {
            throw .option(
                "--connections: \(connections) need \(files) open files; raise the limit "
                    + "(ulimit -n) or lower the number")
        }
    }

    private func check(
        _ flag: String, _ value: Int, _ range: ClosedRange<Int>
    ) throws(BenchError) {
        guard range.contains(value) else {
            throw .option(
                "\(flag): \(value) is not from \(range.lowerBound) to \(range.upperBound)")
        }
    }
}

/// Where a run's words go while it runs.
public struct BenchOutput {
    /// Takes a part of the report once it is known, with its line feeds.
    public var part: (String) -> Void
    /// Takes one line of progress, without a line feed.
    public var progress: (String) -> Void

    /// An output of these two.
    public init(part: @escaping (String) -> Void, progress: @escaping (String) -> Void) {
        self.part = part
        self.progress = progress
    }
}

/// Why a run could not take place, or was not worth going on with.
public enum BenchError: Error, Sendable, CustomStringConvertible {
    /// The address to send to is none, or there is no token.
    case setUp(TestSenderError)
    /// An option is out of its bounds.
    case option(String)
    /// The server did not take the first message, for a reason that no further one would change.
    case firstMessage(url: String, answer: String, hint: String)
    /// libcurl or OpenSSL failed, in their words.
    case library(String)

    /// One sentence for people.
    public var description: String {
        switch self {
        case .setUp(let error): error.description
        case .option(let reason), .library(let reason): reason
        case .firstMessage(let url, let answer, let hint):
            "the first message to \(url) was not acknowledged (\(answer)): \(hint)"
        }
    }
}

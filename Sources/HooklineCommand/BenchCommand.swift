import ArgumentParser
import Foundation
import Hookline
import HooklineBench

/// `hookline bench`.
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measures a server with signed webhooks and checks that it keeps its promises.",
        discussion:
            "Sends single messages, then an open-loop load (requests start when they are due, "
            + "whatever the server does, and response times count from then), then what the "
            + "requirement check needs, then loads at other rates. The messages are real ones "
            + "for the server: it stores and forwards them. Signs as `hookline send` does. "
            + "What only the server knows is read from its metrics; without them those lines "
            + "are skipped. SIGINT ends it early with the figures so far. Exit status 1 when a "
            + "requirement failed or the run was ended early.")

    @Argument(help: ArgumentHelp("Where to post.", valueName: "url"))
    var url: String?

    @Option(help: ArgumentHelp("The same as an option.", valueName: "url"))
    var to: String?

    @Option(
        help: ArgumentHelp(
            "The server's ops listener, for its /metrics (default: the address in the data "
                + "folder, else http://127.0.0.1:9464).", valueName: "url"))
    var ops: String?

    @Option(help: "Requests a second of the concurrent load.")
    var rate = 200

    @Option(help: ArgumentHelp("How long it lasts, such as 10s or 2m.", valueName: "duration"))
    var duration = WholeSeconds(10)

    @Option(help: "How many requests are under way at once at most.")
    var connections = 64

    @Flag(inversion: .prefixedNo, help: "Raise the rate at the end until it is not held.")
    var benchmark = true

    @Option(
        help: ArgumentHelp("The URL to sign, if a proxy changes it on the way.", valueName: "url"))
    var signedURL: String?

    @Option(help: ArgumentHelp("The AccountSid.", valueName: "sid"))
    var account: String?

    @Option(
        name: .customLong("data-dir"),
        help: ArgumentHelp(
            "The data folder of a server on this machine, for its address and its throw-away "
                + "token (HOOKLINE_DATA_DIR, default ./hookline-data).", valueName: "path"))
    var dataDirectory: String?

    @Flag(help: "One JSON object instead of text.")
    var json = false

    func validate() throws {
        _ = try Target.one(of: url, to)
        do {
            try options.check()
        } catch {
            throw ValidationError(error.description)
        }
    }

    func run() throws {
        let report: BenchReport
        do {
            let interruption = try Interruption.bySignals()
            let source = TestTokenSource(
                environment: ProcessInfo.processInfo.environment, dataDirectory: dataDirectory)
            let progress = ProgressLine()
            let isText = !json
            let output = BenchOutput(
                part: { part in
                    progress.clear()
                    if isText { Terminal.data(part) }
                }, progress: { progress.show($0) })
            var bench = try Bench(
                options, tokens: source, output: output, interruption: interruption)
            report = try bench.run()
        } catch {
            throw Terminal.failure(["\(error)"])
        }
        if json { Terminal.data(report.json) }
        if !report.hasPassed { throw ExitCode(1) }
    }

    private var options: BenchOptions {
        var options = BenchOptions(url: url ?? to ?? "")
        options.signedURL = signedURL
        options.opsURL = ops
        options.rate = rate
        options.seconds = duration.count
        options.connections = connections
        options.isBenchmarking = benchmark
        if let account { options.message.accountSID = account }
        return options
    }
}

/// A line of progress on standard error: in place on a terminal, else one line each time.
private final class ProgressLine {
    private let isTerminal = isatty(FileHandle.standardError.fileDescriptor) == 1
    private var isShown = false

    /// Shows a line in place of the last one.
    func show(_ text: String) {
        guard isTerminal else { return Terminal.diagnostic(text) }
        FileHandle.standardError.write(Data("\r\u{1b}[K\(text)".utf8))
        isShown = true
    }

    /// Takes the line away.
    func clear() {
        guard isShown else { return }
        FileHandle.standardError.write(Data("\r\u{1b}[K".utf8))
        isShown = false
    }
}

import ArgumentParser
import Foundation
import Hookline

/// `hookline queue`.
struct QueueCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue",
        abstract: "Looks at the queue and the quarantine of a running server, and changes them.",
        discussion: "Exit status: 0 done, 1 failed or an id was not there, 2 wrong usage.",
        subcommands: [
            QueueStatusCommand.self, QueueListCommand.self, QueueShowCommand.self,
            QueueRetryCommand.self, QueueDiscardCommand.self, QueueReleaseCommand.self,
        ])
}

/// What every `hookline queue` command takes.
struct QueueOptions: ParsableArguments {
    @Option(
        name: .customLong("data-dir"),
        help: ArgumentHelp(
            "The server's data folder (HOOKLINE_DATA_DIR, default ./hookline-data).",
            valueName: "path"))
    var dataDirectory: String?

    @Flag(help: "One JSON object instead of text.")
    var json = false

    /// The server of the data folder.
    var client: AdminClient {
        AdminClient(
            dataDirectory: dataDirectory
                ?? ProcessInfo.processInfo.environment["HOOKLINE_DATA_DIR"]
                ?? Configuration().dataDirectory)
    }
}

/// `hookline queue status`.
struct QueueStatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Shows how many deliveries there are, by priority and state.")

    @OptionGroup var options: QueueOptions

    func run() throws {
        do {
            let status = try options.client.status()
            Terminal.data(options.json ? status.json : status.table)
        } catch {
            throw Terminal.failure([error.description])
        }
    }
}

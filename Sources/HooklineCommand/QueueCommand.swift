import ArgumentParser
import Foundation
import Hookline

/// `hookline queue`.
struct QueueCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue", abstract: "Looks at the queue of a running server.",
        subcommands: [QueueStatusCommand.self])
}

/// `hookline queue status`.
struct QueueStatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Shows how many deliveries there are, by priority and state.")

    @Option(
        name: .customLong("data-dir"),
        help: ArgumentHelp(
            "The server's data folder (HOOKLINE_DATA_DIR, default ./hookline-data).",
            valueName: "path"))
    var dataDirectory: String?

    @Flag(help: "One JSON object instead of a table.")
    var json = false

    func run() throws {
        let folder =
            dataDirectory ?? ProcessInfo.processInfo.environment["HOOKLINE_DATA_DIR"]
            ?? Configuration().dataDirectory
        do {
            let status = try ControlClient(dataDirectory: folder).status()
            Terminal.data(json ? status.json : status.table)
        } catch {
            throw Terminal.failure([error.description])
        }
    }
}

import ArgumentParser
import Foundation
import Hookline

/// `hookline queue release`.
struct QueueReleaseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release",
        abstract: "Verifies quarantined requests again and forwards those that are genuine.",
        discussion:
            "They are verified against the tokens and the URL of the running server. What does not "
            + "verify stays. A message that came in another way meanwhile is not forwarded twice.")

    @OptionGroup var rows: QueueSelection

    @Flag(help: "Only those that would be genuine under another configuration.")
    var proven = false

    @Flag(help: "Forward one request without verifying it; asks for its id.")
    var force = false

    @Option(
        help: ArgumentHelp(
            "With --force and without a terminal: the id again.",
            valueName: "id"))
    var confirm: Int64?

    @OptionGroup var options: QueueOptions

    func validate() throws {
        try rows.check(proven: proven, words: "--all, --proven or --reason")
        guard !force || rows.ids.count == 1 else {
            throw ValidationError("--force takes one id")
        }
        guard force || confirm == nil else {
            throw ValidationError("--confirm goes with --force")
        }
    }

    func run() throws {
        guard let selection = rows.selection(proven: proven) else { return }
        if force, !rows.dryRun, let id = rows.ids.first, try !isConfirmed(id) {
            throw Terminal.failure(["not confirmed: nothing was released"])
        }
        try rows.run(force ? .releaseByForce : .release, selection, options)
    }

    private func isConfirmed(_ id: Int64) throws -> Bool {
        if let confirm { return confirm == id }
        guard isatty(STDIN_FILENO) == 1 else {
            throw Terminal.failure(
                ["--force: there is no terminal to ask on; repeat the id with --confirm \(id)"])
        }
        Terminal.question(
            "Request \(id) will be forwarded as genuine although nothing proves that it is.\n"
                + "Type its id to release it: ")
        return readLine()?.trimmingCharacters(in: .whitespaces) == "\(id)"
    }
}

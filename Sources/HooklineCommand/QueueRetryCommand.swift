import ArgumentParser
import Hookline

/// `hookline queue retry`.
struct QueueRetryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Forwards dead letters again, with a whole retry window.",
        discussion:
            "A delivery that waits for its next attempt is due at once when it is named by its id; "
            + "its attempts and its retry window stay. One that is being sent stays as it is.")

    @OptionGroup var rows: QueueSelection
    @OptionGroup var options: QueueOptions

    func validate() throws {
        try rows.check(words: "--all, or --reason")
    }

    func run() throws {
        guard let selection = rows.selection() else { return }
        try rows.run(.retry, selection, options)
    }
}

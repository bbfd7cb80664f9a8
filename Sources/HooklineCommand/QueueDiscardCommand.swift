import ArgumentParser
import Hookline

/// `hookline queue discard`.
struct QueueDiscardCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "discard", abstract: "Deletes dead letters, or quarantined requests.",
        discussion:
            "A delivery that waits for an attempt is deleted when it is named by its id. One that "
            + "is being sent stays as it is. A message that was deleted counts as seen.")

    @OptionGroup var rows: QueueSelection

    @Flag(help: "Quarantined requests instead of dead letters.")
    var quarantined = false

    @OptionGroup var options: QueueOptions

    func validate() throws {
        try rows.check(words: "--all, or --reason")
    }

    func run() throws {
        guard let selection = rows.selection() else { return }
        try rows.run(quarantined ? .discardQuarantined : .discard, selection, options)
    }
}

import ArgumentParser

@main struct HooklineCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "hookline")
}

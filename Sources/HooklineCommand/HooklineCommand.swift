import ArgumentParser
import Hookline
import HooklineBench

/// `hookline`: the command of the commands.
@main struct HooklineCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hookline",
        abstract: "Receives Twilio webhooks durably and forwards them.",
        discussion: "Exit status: 0 done, 1 failed, 2 wrong usage.",
        version: "hookline \(Version.current)",
        subcommands: [
            ServeCommand.self, SendCommand.self, BenchCommand.self, VerifyCommand.self,
            DoctorCommand.self,
            QueueCommand.self,
            CheckConfigCommand.self,
            VersionCommand.self,
        ])

    /// What a beginner needs, for `hookline` alone.
    private static let beginning = """
        Hookline receives Twilio webhooks durably and forwards them. To try it:

          hookline serve --dev                                   receives, with a throw-away token
          hookline send http://127.0.0.1:8080/webhook/whatsapp   sends it a signed message
          hookline queue status                                  says what waits for delivery

        `hookline help` lists all commands, `hookline help serve` the settings that matter first.

        """

    /// Runs a command; wrong usage ends with 2, where the parser's own default is 64.
    static func main() {
        let arguments = HelpScope.arguments(CommandLine.arguments.dropFirst())
        if arguments.isEmpty { return Terminal.data(beginning) }
        do {
            var command = try parseAsRoot(arguments)
            try command.run()
        } catch {
            guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
            Terminal.diagnostic(fullMessage(for: error))
            exit(withError: ExitCode(2))
        }
    }
}

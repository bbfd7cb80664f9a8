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

    /// Runs a command; wrong usage ends with 2, where the parser's own default is 64.
    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
            Terminal.diagnostic(fullMessage(for: error))
            exit(withError: ExitCode(2))
        }
    }
}

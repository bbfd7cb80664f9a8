import ArgumentParser
import Foundation
import Hookline
import HooklineDoctor

/// `hookline doctor`.
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Compares what is configured at Twilio with this configuration.",
        discussion:
            "Says for each number what is right, what is wrong, and the exact URL to enter. It "
            + "reads only, unless --fix is given and confirmed. Needs --public-url and "
            + "--twilio-account; asks with the account's Auth Token or an API key. Exit status 0 "
            + "when nothing is wrong, 1 when something is, 2 for wrong usage.\n\n"
            + SettingOptions.discussion)

    @Option(
        name: .customLong("number"),
        help: ArgumentHelp(
            "A number that has to lead here whatever is entered for it; may be repeated. Without "
                + "it a number that leads to another host is left alone.", valueName: "number"))
    var numbers: [String] = []

    @Option(
        help: ArgumentHelp(
            "How far back Twilio's log of errors is read, at most 720.", valueName: "hours"))
    var errorHours = 24

    @Flag(help: "Change at Twilio what can be changed there, after a question.")
    var fix = false

    @Flag(help: "With --fix: do not ask.")
    var yes = false

    @Flag(help: "Do not ask the public URL from here.")
    var skipPublicURL = false

    @Flag(help: "One JSON object instead of text.")
    var json = false

    @OptionGroup var settings: SettingOptions

    func validate() throws {
        guard (1...720).contains(errorHours) else {
            throw ValidationError("--error-hours: \(errorHours) is not from 1 to 720")
        }
        guard fix || !yes else { throw ValidationError("--yes goes with --fix") }
    }

    func run() throws {
        let configuration = try settings.load().configuration
        do {
            let doctor = try Doctor(configuration, options)
            var report = try doctor.examine()
            if fix, try applyFixes(doctor, report) { report = try doctor.examine() }
            Terminal.data(json ? report.json : report.text)
            if report.hasMistakes { throw ExitCode(1) }
        } catch let fault as DoctorFault {
            throw Terminal.failure([fault.description])
        }
    }

    private var options: Doctor.Options {
        var options = Doctor.Options()
        options.numbers = numbers
        options.errorMilliseconds = Int64(errorHours) * 3_600_000
        options.asksPublicURL = !skipPublicURL
        return options
    }

    /// True when something was changed.
    private func applyFixes(_ doctor: Doctor, _ report: DoctorReport) throws -> Bool {
        let changes = report.plannedChanges
        guard !changes.isEmpty else { return false }
        for change in changes { Terminal.diagnostic("would change \(change)") }
        guard try isConfirmed(changes.count) else {
            throw Terminal.failure(["not confirmed: nothing was changed"])
        }
        try doctor.fix(report) { Terminal.diagnostic("changed \($0)") }
        return true
    }

    private func isConfirmed(_ count: Int) throws -> Bool {
        if yes { return true }
        guard isatty(STDIN_FILENO) == 1 else {
            throw Terminal.failure(["--fix: there is no terminal to ask on; confirm with --yes"])
        }
        Terminal.question("Type yes to change this at Twilio: ")
        return readLine()?.trimmingCharacters(in: .whitespaces) == "yes"
    }
}

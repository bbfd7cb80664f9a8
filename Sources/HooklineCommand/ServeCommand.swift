import ArgumentParser
import Hookline

/// `hookline serve`.
struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Runs the receiver until SIGTERM or SIGINT, then drains and stops.",
        discussion: SettingOptions.discussion)

    @OptionGroup var settings: SettingOptions

    func run() throws {
        let configuration = try settings.load().configuration
        let status: Int32
        do {
            status = try Receiver(configuration).run()
        } catch {
            throw Terminal.failure([error.description])
        }
        throw ExitCode(status)
    }
}

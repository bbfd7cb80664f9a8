import ArgumentParser
import Foundation
import Hookline

/// The settings of `serve` and `check-config`: flags, environment and file.
struct SettingOptions: ParsableArguments {
    @Option(
        name: .customLong("config"),
        help: ArgumentHelp("YAML file of settings (HOOKLINE_CONFIG).", valueName: "file"))
    var file: String?

    @Argument(
        parsing: .allUnrecognized,
        help: ArgumentHelp("Settings, listed below.", valueName: "setting"))
    var flags: [String] = []

    /// Reads them; wrong usage and faults are reported and end the command.
    ///
    /// Where the origin comes from need not be said when `needsOrigin` is false.
    func load(needsOrigin: Bool = true) throws -> ConfigurationLoader.Loaded {
        let flags: ConfigurationLoader.Flags
        do {
            flags = try FlagReader.read(self.flags)
        } catch {
            throw ValidationError(error.description)
        }
        do {
            return try ConfigurationLoader.load(
                flags: flags, file: file, environment: ProcessInfo.processInfo.environment,
                needsOrigin: needsOrigin)
        } catch {
            throw Terminal.failure(error.faults.map(\.description))
        }
    }

    /// The settings for a command's help.
    static var discussion: String {
        let groups = SettingGroup.all.map { group in
            group.title + ":\n" + group.settings.map(entry).joined(separator: "\n")
        }
        return "A setting comes from its flag, its environment variable, the file or its default, "
            + "in this order. Auth Tokens come from TWILIO_AUTH_TOKEN (several separated by "
            + "commas), --tokens-file, --tokens-command or --tokens-redis-hash. "
            + "docs/configuration.md says more.\n\nSETTINGS:\n\n"
            + groups.joined(separator: "\n\n")
    }

    private static func entry(_ setting: Setting) -> String {
        let value = setting.valueName.map { " \($0)" } ?? ""
        let variable = setting.environment.map { "\($0), " } ?? ""
        let text = "\(setting.help) (\(variable)default \(setting.defaultText))"
        return "  \(setting.flag)\(value)\n" + indented(text)
    }

    /// Text in indented lines of 78 columns. ArgumentParser breaks longer ones, and indents nothing
    /// of what it has broken.
    private static func indented(_ text: String) -> String {
        var lines = [""]
        for word in text.split(separator: " ") {
            let last = lines[lines.count - 1]
            if !last.isEmpty, last.count + 1 + word.count > 72 {
                lines.append(String(word))
            } else {
                lines[lines.count - 1] = last.isEmpty ? String(word) : "\(last) \(word)"
            }
        }
        return lines.map { "      " + $0 }.joined(separator: "\n")
    }
}

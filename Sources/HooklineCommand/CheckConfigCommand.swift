import ArgumentParser
import Hookline

/// `hookline check-config`.
struct CheckConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-config",
        abstract: "Reads the configuration as serve would; prints every fault, or every setting.",
        discussion: SettingOptions.discussion)

    @OptionGroup var settings: SettingOptions

    func run() throws {
        let loaded = try settings.load()
        do {
            try loaded.configuration.checkTokensFile()
        } catch {
            throw Terminal.failure([error.description])
        }
        let width = Setting.all.map(\.key.count).max() ?? 0
        for setting in Setting.all {
            let source = loaded.sources[setting.key] ?? .default
            let text = setting.text(in: loaded.configuration)
            Terminal.data(
                setting.key.padded(to: width) + "  " + (text.isEmpty ? "none" : text)
                    + "  (\(source))\n")
        }
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}

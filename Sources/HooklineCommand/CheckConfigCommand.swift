import ArgumentParser
import Foundation
import Hookline

/// `hookline check-config`.
struct CheckConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-config",
        abstract: "Reads the configuration as serve would; prints every fault, or every setting.",
        discussion: SettingOptions.discussion)

    @Option(
        help: ArgumentHelp(
            "Say which rule takes the request in this file (as `verify` takes it; - for standard "
                + "input), and why; its signature is not checked.", valueName: "file"))
    var explain: String?

    @OptionGroup var settings: SettingOptions

    func run() throws {
        let loaded = try settings.load()
        if let explain { return try Self.explain(explain, loaded.configuration) }
        do {
            try loaded.configuration.checkTokensFile()
        } catch {
            throw Terminal.failure([error.description])
        }
        for advice in SettingAdvice(loaded.configuration).sentences {
            Terminal.diagnostic("hookline: warning: \(advice)")
        }
        let width = Setting.all.map(\.key.count).max() ?? 0
        for setting in Setting.all {
            let source = loaded.sources[setting.key] ?? .default
            let text = setting.text(in: loaded.configuration)
            Terminal.data(
                setting.key.padded(to: width) + "  " + (text.isEmpty ? "none" : text)
                    + "  (\(source))\n")
        }
        for line in loaded.configuration.destinationLines { Terminal.data(line + "\n") }
    }

    private static func explain(_ path: String, _ configuration: Configuration) throws {
        let input =
            path == "-"
            ? try FileHandle.standardInput.read(upToCount: CapturedRequest.rawBytesMax + 1)
            : FileManager.default.contents(atPath: path)
        guard let input else { throw ValidationError("--explain: cannot read \(path)") }
        do {
            let captured = try CapturedRequest(raw: Array(input))
            Terminal.data(try RuleExplanation(captured, configuration).text)
        } catch {
            throw ValidationError("--explain: \(error.description)")
        }
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}

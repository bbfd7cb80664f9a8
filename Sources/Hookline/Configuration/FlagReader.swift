/// Reads flags of `Setting.all` from a command line.
public enum FlagReader {
    /// Why a command line cannot be read: wrong usage, exit status 2.
    public struct UsageError: Error, Sendable, CustomStringConvertible {
        /// One sentence for people.
        public let description: String
    }

    /// Takes `--key text`, `--key=text` and, for a switch, `--key`.
    public static func read(
        _ arguments: [String]
    ) throws(UsageError) -> ConfigurationLoader.Flags {
        var flags: ConfigurationLoader.Flags = []
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            guard argument.hasPrefix("--") else {
                throw UsageError(description: "unexpected argument \"\(argument)\"")
            }
            let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1)
            let key = parts.first.map(String.init) ?? ""
            guard let setting = Setting.all.first(where: { $0.key == key }) else {
                throw UsageError(description: "there is no option \(argument)")
            }
            if parts.count == 2 {
                flags.append((key, String(parts[1])))
            } else if setting.valueName == nil {
                flags.append((key, "true"))
            } else if let text = rest.popFirst() {
                flags.append((key, text))
            } else {
                throw UsageError(
                    description: "\(setting.flag) needs a value: "
                        + "\(setting.flag) \(setting.valueName ?? "")")
            }
        }
        return flags
    }
}

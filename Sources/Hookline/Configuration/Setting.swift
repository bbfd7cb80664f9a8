/// One key of the configuration: how it is written, read and shown.
///
/// The flag, the environment variable, the key of the YAML file, the tables of
/// docs/configuration.md and `check-config` all come from this one description.
public struct Setting: Sendable {
    /// The key in the YAML file; the flag is this with two dashes before it.
    public let key: String
    /// What a value looks like, in capitals; nil for a switch, which takes none.
    public let valueName: String?
    /// What it does, in one sentence.
    public let help: String
    /// False for what must not be left lying in an environment or a file.
    public let isFlagOnly: Bool

    /// The default in words, where it depends on the machine.
    private let documentedDefault: String?
    /// The environment variable, where its name does not follow from the key.
    private let environmentName: String?
    let apply: @Sendable (inout Configuration, String) throws(SettingProblem) -> Void
    let show: @Sendable (Configuration) -> String

    /// The flag.
    public var flag: String { "--" + key }

    /// The environment variable; nil when there is none.
    public var environment: String? {
        guard !isFlagOnly else { return nil }
        return environmentName ?? "HOOKLINE_"
            + key.uppercased().map { $0 == "-" ? "_" : String($0) }.joined()
    }

    /// The default as it would be written; `none` when there is none.
    public var defaultText: String {
        if let documentedDefault { return documentedDefault }
        let text = show(Configuration())
        return text.isEmpty ? "none" : text
    }

    /// The value in a configuration, as it would be written; empty when there is none.
    public func text(in configuration: Configuration) -> String { show(configuration) }

    init(
        _ key: String, valueName: String?, _ help: String, isFlagOnly: Bool = false,
        documentedDefault: String? = nil, environment: String? = nil,
        apply: @escaping @Sendable (inout Configuration, String) throws(SettingProblem) -> Void,
        show: @escaping @Sendable (Configuration) -> String
    ) {
        self.key = key
        self.valueName = valueName
        self.help = help
        self.isFlagOnly = isFlagOnly
        self.documentedDefault = documentedDefault
        environmentName = environment
        self.apply = apply
        self.show = show
    }
}

extension Setting {
    typealias Path<Value> = WritableKeyPath<Configuration, Value> & Sendable

    /// A whole number within a range.
    static func number(
        _ key: String, _ path: Path<Int>, _ range: ClosedRange<Int>, _ help: String
    ) -> Setting {
        Setting(key, valueName: "NUMBER", help) { configuration, text throws(SettingProblem) in
            guard let value = Int(text), range.contains(value) else {
                throw SettingProblem(
                    "\"\(text)\" is not a whole number from \(range.lowerBound) to "
                        + "\(range.upperBound)")
            }
            configuration[keyPath: path] = value
        } show: {
            "\($0[keyPath: path])"
        }
    }

    /// A number with a fraction, above `low` and up to `high`.
    static func ratio(
        _ key: String, _ path: Path<Double>, above low: Double, upTo high: Double, _ help: String
    ) -> Setting {
        Setting(key, valueName: "NUMBER", help) { configuration, text throws(SettingProblem) in
            guard let value = Double(text), value > low, value <= high else {
                throw SettingProblem("\"\(text)\" is not a number above \(low) and up to \(high)")
            }
            configuration[keyPath: path] = value
        } show: {
            "\($0[keyPath: path])"
        }
    }

    /// A duration within a range.
    static func duration(
        _ key: String, _ path: Path<Duration>, _ range: ClosedRange<Duration>, _ help: String
    ) -> Setting {
        Setting(key, valueName: "DURATION", help) { configuration, text throws(SettingProblem) in
            let value = try DurationText.parse(text)
            guard range.contains(value) else {
                throw SettingProblem(
                    "\(text) is not from \(DurationText.text(range.lowerBound)) to "
                        + DurationText.text(range.upperBound))
            }
            configuration[keyPath: path] = value
        } show: {
            DurationText.text($0[keyPath: path])
        }
    }

    /// A path, kept as it is written.
    static func path(_ key: String, _ path: Path<String?>, _ help: String) -> Setting {
        Setting(key, valueName: "PATH", help) { configuration, text throws(SettingProblem) in
            guard !text.isEmpty else { throw SettingProblem("the path is empty") }
            configuration[keyPath: path] = text
        } show: {
            $0[keyPath: path] ?? ""
        }
    }

    /// A URL, checked by `check`.
    static func url(
        _ key: String, _ path: Path<String?>, _ help: String,
        check: @escaping @Sendable (String) throws(SettingProblem) -> String
    ) -> Setting {
        Setting(key, valueName: "URL", help) { configuration, text throws(SettingProblem) in
            configuration[keyPath: path] = try check(text)
        } show: {
            $0[keyPath: path] ?? ""
        }
    }

    /// A switch: present is on; in the environment and in the file `true` or `false`.
    static func onOff(
        _ key: String, _ path: Path<Bool>, isFlagOnly: Bool = false, _ help: String
    ) -> Setting {
        Setting(key, valueName: nil, help, isFlagOnly: isFlagOnly) {
            configuration, text throws(SettingProblem) in
            switch text {
            case "true": configuration[keyPath: path] = true
            case "false": configuration[keyPath: path] = false
            default: throw SettingProblem("\"\(text)\" is neither true nor false")
            }
        } show: {
            $0[keyPath: path] ? "on" : "off"
        }
    }

    /// One of a few words.
    static func choice<Value: RawRepresentable & CaseIterable & SendableMetatype>(
        _ key: String, _: Value.Type, _ help: String, documentedDefault: String? = nil,
        set: @escaping @Sendable (inout Configuration, Value) -> Void,
        show: @escaping @Sendable (Configuration) -> String
    ) -> Setting where Value.RawValue == String {
        let words = Value.allCases.map(\.rawValue)
        return Setting(
            key, valueName: words.joined(separator: "|"), help,
            documentedDefault: documentedDefault
        ) {
            configuration, text throws(SettingProblem) in
            guard let value = Value(rawValue: text) else {
                throw SettingProblem(
                    "\"\(text)\" is none of \(words.joined(separator: ", "))")
            }
            set(&configuration, value)
        } show: {
            show($0)
        }
    }
}

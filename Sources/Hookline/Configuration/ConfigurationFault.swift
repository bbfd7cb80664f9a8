/// What is wrong with one setting's text; the loader adds key and place.
struct SettingProblem: Error, Sendable {
    let sentence: String

    init(_ sentence: String) {
        self.sentence = sentence
    }
}

/// Where a setting was set.
public enum SettingSource: Sendable, Equatable, CustomStringConvertible {
    case `default`
    /// The configuration file, with the line.
    case file(path: String, line: Int)
    /// The environment variable of this name.
    case environment(String)
    /// The flag of this name.
    case flag(String)

    /// For people.
    public var description: String {
        switch self {
        case .default: "default"
        case .file(let path, let line): line > 0 ? "\(path), line \(line)" : path
        case .environment(let name): name
        case .flag(let name): name
        }
    }
}

/// One fault of a configuration.
public struct ConfigurationFault: Sendable, Equatable, CustomStringConvertible {
    /// Where it was set; nil when something is missing.
    public var source: SettingSource?
    /// The key it is about.
    public var key: String
    /// What is wrong and what to write instead; a sentence without its full stop.
    public var sentence: String

    /// One line for people: key, place, sentence.
    public var description: String {
        switch source {
        case .flag(let name): "\(name): \(sentence)"
        case .environment(let name): "\(name): \(sentence)"
        case .file: "\(source.map { "\($0)" } ?? ""): \(key): \(sentence)"
        case .default, nil: "\(key): \(sentence)"
        }
    }
}

/// Every fault of a configuration at once.
public struct ConfigurationFaults: Error, Sendable, CustomStringConvertible {
    /// In the order of sources, then of keys; never empty.
    public var faults: [ConfigurationFault]

    /// One line a fault.
    public var description: String {
        faults.map { "\($0)" }.joined(separator: "\n")
    }
}

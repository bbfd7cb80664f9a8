import ArgumentParser
import Hookline

/// Settings that stand under one heading of help.
protocol SettingPart {
    /// The settings, in the order in which help lists them.
    static var settings: [Setting] { get }
}

/// Settings of the table as options of a command, so that the parser completes them, corrects them
/// and lists them.
///
/// The parser finds the options of a type by its mirror. This one's is made from the table, so
/// that no option is written down twice.
struct SettingFlags<Part: SettingPart>: ParsableArguments, CustomReflectable {
    /// What was given, in the order of the table.
    private(set) var flags: ConfigurationLoader.Flags = []

    init() {}

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: SettingKey.self)
        for setting in Part.settings {
            let key = SettingKey(stringValue: setting.key)
            if setting.valueName == nil {
                let isOn = try values.decode(Flag<Bool>.self, forKey: key).wrappedValue
                if isOn { flags.append((setting.key, "true")) }
            } else if let text = try values.decode(Option<String?>.self, forKey: key).wrappedValue {
                flags.append((setting.key, text))
            }
        }
    }

    var customMirror: Mirror {
        Mirror(
            self,
            children: Part.settings.map { setting -> Mirror.Child in
                (label: setting.key, value: setting.definition)
            })
    }
}

/// A setting's key, as the parser asks for it.
private struct SettingKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }

    init?(intValue: Int) { nil }
}

extension Setting {
    /// The option or flag for the parser.
    fileprivate var definition: Any {
        let isListed = HelpScope.listsEverything || HelpScope.first.contains(key)
        let variable = environment.map { "\($0), " } ?? ""
        let help = ArgumentHelp(
            "\(help) (\(variable)default \(defaultText))", valueName: valueName?.lowercased(),
            visibility: isListed ? .default : .hidden)
        guard let valueName else {
            return Flag(wrappedValue: false, name: .customLong(key), help: help)
        }
        let words = valueName.split(separator: "|").map(String.init)
        return Option<String?>(
            name: .customLong(key), help: help,
            completion: words.count > 1 ? .list(words) : valueName == "PATH" ? .file() : nil)
    }
}

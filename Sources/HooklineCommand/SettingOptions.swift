import ArgumentParser
import Foundation
import Hookline

/// The settings of `serve` and of what reads its configuration: flags, environment and file.
struct SettingOptions: ParsableArguments {
    @Option(
        name: .customLong("config"),
        help: ArgumentHelp("YAML file of settings (HOOKLINE_CONFIG).", valueName: "file"),
        completion: .file())
    var file: String?

    @Flag(help: "Show this help with every setting, by subject.")
    var helpAll = false

    @OptionGroup(title: "Settings") var first: SettingFlags<FirstSettings>
    @OptionGroup(title: "Limits") var limits: SettingFlags<LimitSettings>
    @OptionGroup(title: "Validation") var validation: SettingFlags<ValidationSettings>
    @OptionGroup(title: "Store") var store: SettingFlags<StoreSettings>
    @OptionGroup(title: "Forwarding") var forwarding: SettingFlags<ForwardingSettings>
    @OptionGroup(title: "Redis") var redis: SettingFlags<RedisTuning>
    @OptionGroup(title: "Observability") var observability: SettingFlags<ObservabilitySettings>
    // A group that the table gets one day.
    @OptionGroup(title: "Others") var others: SettingFlags<OtherSettings>

    /// Reads them; wrong usage and faults are reported and end the command.
    ///
    /// Where the origin comes from need not be said when `needsOrigin` is false.
    func load(needsOrigin: Bool = true) throws -> ConfigurationLoader.Loaded {
        do {
            return try ConfigurationLoader.load(
                flags: flags, file: file, environment: ProcessInfo.processInfo.environment,
                needsOrigin: needsOrigin)
        } catch {
            // A flag with a wrong value is wrong usage; what a file, the environment or nothing
            // says is not.
            let isUsage = error.faults.allSatisfy { fault in
                if case .flag = fault.source { return true }
                return false
            }
            throw Terminal.failure(error.faults.map(\.description), status: isUsage ? 2 : 1)
        }
    }

    private var flags: ConfigurationLoader.Flags {
        let tuning = limits.flags + validation.flags + store.flags + forwarding.flags
        return first.flags + tuning + redis.flags + observability.flags + others.flags
    }

    /// What a command's help says about settings.
    static let discussion =
        "A setting comes from its flag, its environment variable, the file or its default, in "
        + "this order. Auth Tokens come from TWILIO_AUTH_TOKEN (several separated by commas), "
        + "--tokens-file, --tokens-command or --tokens-redis-hash. --help-all lists every setting; "
        + "docs/configuration.md says more."
}

enum FirstSettings: SettingPart {
    static let settings = SettingGroup.first.settings
}

enum LimitSettings: SettingPart {
    static let settings = SettingGroup.named("Limits")
}

enum ValidationSettings: SettingPart {
    static let settings = SettingGroup.named("Validation")
}

enum StoreSettings: SettingPart {
    static let settings = SettingGroup.named("Store")
}

enum ForwardingSettings: SettingPart {
    static let settings = SettingGroup.named("Forwarding")
}

enum RedisTuning: SettingPart {
    static let settings = SettingGroup.named("Redis")
}

enum ObservabilitySettings: SettingPart {
    static let settings = SettingGroup.named("Observability")
}

/// Settings of groups that none of the others lists.
enum OtherSettings: SettingPart {
    private static let known: Set = [
        "Limits", "Validation", "Store", "Forwarding", "Redis", "Observability",
    ]

    static let settings = SettingGroup.tuning.filter { !known.contains($0.title) }
        .flatMap(\.settings)
}

extension SettingGroup {
    /// The settings of the tuning group with this title; none if there is no such group.
    fileprivate static func named(_ title: String) -> [Setting] {
        tuning.first { $0.title == title }?.settings ?? []
    }
}

/// Settings under one heading, in the order in which documents and `--help` list them.
public struct SettingGroup: Sendable {
    /// The heading.
    public let title: String
    /// The settings, in order.
    public let settings: [Setting]

    /// What people change first.
    public static let first = SettingGroup(
        title: "What you set first",
        settings: Setting.listening + Setting.origin + Setting.tokens + Setting.forwarding
            + Setting.replies
            + Setting.keeping + Setting.redis + Setting.twilio + Setting.twilioPlace
            + Setting.thresholds
            + Setting.output)

    /// What most people never change, by subject.
    public static let tuning = [
        SettingGroup(title: "Limits", settings: Setting.limits),
        SettingGroup(title: "Validation", settings: Setting.validationTuning),
        SettingGroup(title: "Store", settings: Setting.storeTuning),
        SettingGroup(title: "Forwarding", settings: Setting.forwardingTuning + Setting.replyTuning),
        SettingGroup(title: "Redis", settings: Setting.redisTuning),
        SettingGroup(title: "Observability", settings: Setting.observabilityTuning),
    ]

    /// Every group.
    public static let all = [first] + tuning
}

extension Setting {
    /// Every key, in the order in which documents list them.
    public static let all: [Setting] = SettingGroup.all.flatMap(\.settings)
}

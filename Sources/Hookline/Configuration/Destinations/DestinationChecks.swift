/// What single keys of destinations and rules cannot say.
extension ConfigurationLoader {
    mutating func checkDestinations() {
        let entries = configuration.destinationEntries
        if let entry = entries.first(where: { $0.name == .standard }),
            configuration.forwardTo != nil
        {
            fault(
                "forward-to", sources["forward-to"],
                "is the destination called default, which the file has in line \(entry.line); "
                    + "leave one of the two out")
        }
        let destinations = configuration.destinations
        if destinations.count >= DestinationList.countMax {
            fault(
                "destinations", nil,
                "\(destinations.count) are too many; there may be \(DestinationList.countMax - 1)")
        }
        if destinations.count > 1, configuration.ruleEntries.isEmpty {
            fault(
                "rules", nil,
                "are missing: with several destinations say which webhook is for whom; a rule "
                    + "with nothing but `destinations` takes every webhook")
        }
        if configuration.queue == .redis, configuration.destinationList.count > 1 {
            fault(
                "queue", sources["queue"],
                "redis takes one destination so far; use sqlite with several")
        }
        for entry in entries { check(entry) }
        checkRules(destinations.map(\.name.text))
    }

    private mutating func check(_ entry: DestinationEntry) {
        let settings = DestinationSettings(entry, configuration)
        let key = "destinations.\(entry.name.text)"
        if case .url(let url) = settings.target,
            let loop = ForwardLoop().fault(of: url, in: configuration)
        {
            fault("\(key).url", source(entry.line), loop)
        }
        if configuration.dedupeRetention < settings.retryWindow {
            fault(
                "\(key).retry-window", source(entry.line),
                "\(DurationText.text(settings.retryWindow)) is above dedupe-retention "
                    + "(\(DurationText.text(configuration.dedupeRetention)))")
        }
    }

    private mutating func checkRules(_ names: [String]) {
        for (index, rule) in configuration.ruleEntries.enumerated() {
            let key = "rules[\(index + 1)]"
            for name in rule.destinations where !names.contains(name) {
                fault(
                    "\(key).destinations", source(rule.line),
                    "there is no destination \(name); there are "
                        + names.joined(separator: ", "))
            }
            for path in rule.routes
            where !configuration.routes.contains(where: { $0.path == path }) {
                fault("\(key).route", source(rule.line), "\(path) is no route of this file")
            }
        }
    }

    private func source(_ line: Int) -> SettingSource? {
        filePath.map { .file(path: $0, line: line) }
    }
}

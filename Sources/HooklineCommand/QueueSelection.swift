import ArgumentParser
import Hookline

/// Which rows a changing command is about, and how it reports.
struct QueueSelection: ParsableArguments {
    @Argument(help: ArgumentHelp("Ids, as `list` shows them.", valueName: "id"))
    var ids: [Int64] = []

    @Flag(help: "All of them.")
    var all = false

    @Option(help: ArgumentHelp("Only those with this reason.", valueName: "reason"))
    var reason: String?

    @Flag(help: "Say what would be done and change nothing.")
    var dryRun = false

    /// The selection; nil unless exactly one way of selecting was used.
    func selection(proven: Bool = false) -> AdminSelection? {
        var found: [AdminSelection] = []
        if !ids.isEmpty { found.append(.ids(ids)) }
        if all { found.append(.all) }
        if let reason { found.append(.reason(reason)) }
        if proven { found.append(.proven) }
        return found.count == 1 ? found.first : nil
    }

    /// Refuses no selection, more than one, and too many ids.
    func check(proven: Bool = false, words: String) throws {
        guard selection(proven: proven) != nil else {
            throw ValidationError("name ids, or \(words), and only one of them")
        }
        guard ids.count <= AdminRequest.idsMax else {
            throw ValidationError("at most \(AdminRequest.idsMax) ids at a time")
        }
    }

    /// Makes the change, reports it and sets the exit status.
    func run(
        _ verb: QueueChange.Verb, _ selection: AdminSelection, _ options: QueueOptions
    ) throws {
        let report: QueueChangeReport
        do {
            report = try QueueChange(verb, client: options.client).run(selection, isDryRun: dryRun)
        } catch {
            throw Terminal.failure([error.description])
        }
        Terminal.data(options.json ? report.json : report.text)
        if let error = report.error { throw Terminal.failure([error]) }
        if !report.isAsWished { throw ExitCode(1) }
    }
}

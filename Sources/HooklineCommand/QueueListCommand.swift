import ArgumentParser
import Hookline

/// `hookline queue list`.
struct QueueListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists deliveries, or quarantined requests, oldest first.")

    @Option(
        help: ArgumentHelp(
            "Only deliveries in this state.",
            valueName: DeliveryState.allCases.map(\.rawValue).joined(separator: "|")))
    var state: String?

    @Option(
        help: ArgumentHelp("Only deliveries to this destination.", valueName: "name"))
    var destination: String?

    @Flag(help: "Quarantined requests instead of deliveries.")
    var quarantined = false

    @Option(help: ArgumentHelp("Most rows to list.", valueName: "number"))
    var limit = 100

    @OptionGroup var options: QueueOptions

    func validate() throws {
        guard (1...1_000_000).contains(limit) else {
            throw ValidationError("--limit: \(limit) is not from 1 to 1000000")
        }
        guard destination == nil || !quarantined else {
            throw ValidationError("--destination is for deliveries, --quarantined lists none")
        }
        guard let state else { return }
        guard DeliveryState(rawValue: state) != nil else {
            let words = DeliveryState.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--state: \"\(state)\" is none of \(words)")
        }
        guard !quarantined else {
            throw ValidationError("--state is for deliveries, --quarantined lists none")
        }
    }

    func run() throws {
        var list = AdminList()
        list.state = state.flatMap { DeliveryState(rawValue: $0) }
        list.destination = destination
        list.quarantined = quarantined
        var deliveries: [DeliveryRow] = []
        var requests: [QuarantineRow] = []
        var more = true
        do {
            while more, deliveries.count + requests.count < limit {
                let left = limit - deliveries.count - requests.count
                list.limit = min(left, AdminRequest.rowsMax)
                let end = try options.client.ask(.list(list)) { reply in
                    switch reply {
                    case .delivery(let row): deliveries.append(row)
                    case .quarantined(let row): requests.append(row)
                    default: break
                    }
                }
                more = end.next != nil
                list.after = end.next ?? list.after
            }
        } catch {
            throw Terminal.failure([error.description])
        }
        if options.json {
            Terminal.data(
                quarantined
                    ? AdminDocument.list(requests, more: more)
                    : AdminDocument.list(deliveries, more: more))
        } else {
            Terminal.data(
                quarantined ? AdminText.table(requests) : AdminText.table(deliveries))
            if more { Terminal.diagnostic("There may be more; --limit shows them.") }
        }
    }
}

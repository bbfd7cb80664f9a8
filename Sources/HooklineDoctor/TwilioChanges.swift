import Hookline
import TwilioAPI

extension DoctorReport {
    /// What `--fix` would change, each resource once, in the order of the report.
    var changes: [TwilioChange] {
        var order: [TwilioChange.Target] = []
        var values: [TwilioChange.Target: [String: String]] = [:]
        var current: [TwilioChange.Target: [String: String]] = [:]
        for change in sections.flatMap(\.findings).compactMap(\.change) {
            if values[change.target] == nil { order.append(change.target) }
            values[change.target, default: [:]].merge(change.values) { $1 }
            current[change.target] = change.current
        }
        return order.map {
            TwilioChange(target: $0, values: values[$0] ?? [:], current: current[$0] ?? [:])
        }
    }

    /// The changes for people, one line each.
    public var plannedChanges: [String] { changes.map(\.description) }
}

extension TwilioChange: CustomStringConvertible {
    /// What is changed, for people.
    var description: String {
        let name =
            switch target {
            case .number(let sid, _): "number \(sid)"
            case .service(let sid): "messaging service \(sid)"
            case .sender(let sid): "WhatsApp sender \(sid)"
            }
        let list = sorted.map { "\($0.name) = \($0.value.isEmpty ? "nothing" : $0.value)" }
        return "\(name): " + list.joined(separator: ", ")
    }

    private var sorted: [APICall.Parameter] {
        values.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
    }

    /// The call that makes it so.
    var call: APICall {
        switch target {
        case .number(let sid, let account):
            return .setPhoneNumber(sid, account: account, sorted)
        case .service(let sid): return .setMessagingService(sid, sorted)
        case .sender(let sid):
            let whole = current.merging(values) { $1 }.sorted { $0.key < $1.key }
            let members = whole.map { "\(JSONText.quoted($0.key)):\(JSONText.quoted($0.value))" }
            return .setSender(sid, json: "{\"webhook\":{\(members.joined(separator: ","))}}")
        }
    }
}

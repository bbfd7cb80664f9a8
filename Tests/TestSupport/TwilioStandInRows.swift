import Foundation

/// A row of the stand-in: what Twilio's JSON has of a resource.
public typealias TwilioRow = [String: TwilioValue]

/// A value of a row.
public enum TwilioValue: Sendable, Equatable, ExpressibleByStringLiteral, ExpressibleByNilLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral
{
    case text(String)
    case bool(Bool)
    case number(Int)
    case null
    indirect case row(TwilioRow)

    /// A text.
    public init(stringLiteral value: String) { self = .text(value) }
    /// True or false.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// A number.
    public init(integerLiteral value: Int) { self = .number(value) }
    /// Null.
    public init(nilLiteral: ()) { self = .null }

    /// A text or nothing.
    public init(_ text: String?) { self = text.map { .text($0) } ?? .null }

    /// Its text, if it is one.
    public var text: String? { if case .text(let text) = self { text } else { nil } }

    var json: Any {
        switch self {
        case .text(let text): text
        case .bool(let value): value
        case .number(let value): value
        case .null: NSNull()
        case .row(let row): row.mapValues(\.json)
        }
    }

    init(json: Any) {
        switch json {
        case let text as String: self = .text(text)
        case let row as [String: Any]: self = .row(row.mapValues(TwilioValue.init(json:)))
        case let value as Int: self = .number(value)
        default: self = .null
        }
    }
}

/// Everything that the stand-in knows of its accounts.
public struct TwilioStandInRows: Sendable {
    /// Accounts.
    public var accounts: [TwilioRow] = []
    /// Numbers of all accounts.
    public var numbers: [TwilioRow] = []
    /// TwiML applications.
    public var applications: [TwilioRow] = []
    /// Messaging services.
    public var services: [TwilioRow] = []
    /// SIDs of numbers by SID of a service.
    public var pools: [String: [String]] = [:]
    /// WhatsApp senders.
    public var senders: [TwilioRow] = []
    /// The log of errors, newest first.
    public var alerts: [TwilioRow] = []
    /// The webhooks of Conversations.
    public var conversations: TwilioRow = [:]
    /// Newest first, as Twilio lists them.
    public var messages: [TwilioRow] = []
    /// The forms of messages that were sent, in order; several `MediaUrl` joined by spaces.
    public var sent: [[String: String]] = []
    /// For how many lists more a message does not show, by its SID.
    var hidden: [String: Int] = [:]
    private var lastSID = 0

    /// Nothing yet.
    public init() {}

    /// A SID that was not there before.
    public mutating func sid(_ prefix: String) -> String {
        lastSID += 1
        let digits = String(lastSID, radix: 16)
        return prefix + String(repeating: "0", count: 32 - digits.count) + digits
    }

    /// The row of an account.
    public static func account(_ sid: String, name: String, owner: String) -> TwilioRow {
        [
            "sid": .text(sid), "friendly_name": .text(name), "status": "active",
            "owner_account_sid": .text(owner),
        ]
    }

    /// Adds a number that takes messages, as a new one is, with some things changed; its SID.
    @discardableResult
    public mutating func addNumber(
        _ number: String, account: String = TwilioStandIn.account, _ changes: TwilioRow = [:]
    ) -> String {
        let sid = sid("PN")
        let row: TwilioRow = [
            "sid": .text(sid), "account_sid": .text(account), "phone_number": .text(number),
            "capabilities": .row(["sms": true, "mms": true, "voice": true]), "sms_url": "",
            "sms_method": "POST", "sms_fallback_url": "", "sms_application_sid": "",
            "voice_url": "", "status_callback": "", "status_callback_method": "POST",
        ]
        numbers.append(row.merging(changes) { $1 })
        return sid
    }

    /// Adds a messaging service with some numbers; its SID.
    @discardableResult
    public mutating func addService(
        _ name: String, pool: [String], _ changes: TwilioRow = [:]
    ) -> String {
        let sid = sid("MG")
        let row: TwilioRow = [
            "sid": .text(sid), "friendly_name": .text(name), "inbound_request_url": nil,
            "inbound_method": "POST", "fallback_url": nil, "status_callback": nil,
            "use_inbound_webhook_on_number": false,
        ]
        services.append(row.merging(changes) { $1 })
        pools[sid] = pool
        return sid
    }
}

extension TwilioStandIn {
    /// What Twilio would answer, after it was done.
    static func reply(to call: Call, _ caller: String, _ state: inout State) -> Answer {
        let path = call.path.map { $0.replacing(".json", with: "") }
        let isPost = call.method == "POST"
        switch (path.first, path.count) {
        case ("2010-04-01", 2): return page(state.rows.accounts, "accounts", call)
        case ("2010-04-01", 3): return one(state.rows.accounts, path[2])
        case ("2010-04-01", _): return account(path, isPost, call, &state)
        case ("v1", _) where path.count > 1: return product(path, isPost, call, caller, &state)
        case ("v2", _) where path.count >= 3 && path[2] == "Senders":
            guard path.count == 4 else { return page(state.rows.senders, "senders", call) }
            let json = try? JSONSerialization.jsonObject(with: Data(call.body.utf8))
            let changes = (json as? [String: Any] ?? [:]).mapValues(TwilioValue.init(json:))
            return change(&state.rows.senders, path[3], changes)
        default: return missing
        }
    }

    private static func account(
        _ path: [String], _ isPost: Bool, _ call: Call, _ state: inout State
    ) -> Answer {
        let mine = { (row: TwilioRow) in row["account_sid"]?.text == path[2] }
        switch path[3] {
        case "IncomingPhoneNumbers":
            guard path.count == 5 else {
                return page(state.rows.numbers.filter(mine), "incoming_phone_numbers", call)
            }
            return change(&state.rows.numbers, path[4], changes(call))
        case "Applications": return page(state.rows.applications, "applications", call)
        case "Messages" where isPost: return send(call, account: path[2], &state)
        case "Messages":
            for (sid, left) in state.rows.hidden { state.rows.hidden[sid] = left - 1 }
            let shown = state.rows.messages.filter { row in
                let isHidden = (state.rows.hidden[row["sid"]?.text ?? ""] ?? -1) >= 0
                return mine(row) && !isHidden
                    && (call.value("To").map { row["to"]?.text == $0 } ?? true)
                    && (call.value("From").map { row["from"]?.text == $0 } ?? true)
            }
            return page(shown, "messages", call)
        default: return missing
        }
    }

    private static func product(
        _ path: [String], _ isPost: Bool, _ call: Call, _ caller: String, _ state: inout State
    ) -> Answer {
        switch path[1] {
        case "Services" where path.count == 2: return page(state.rows.services, "services", call)
        case "Services" where path.count == 3:
            return change(&state.rows.services, path[2], changes(call))
        case "Services":
            let pool = state.rows.pools[path[2]] ?? []
            return page(pool.map { ["sid": .text($0)] }, "phone_numbers", call)
        case "Alerts" where path.count == 2:
            let rows = state.rows.alerts.map { row in
                row.filter { $0.key != "request_variables" }
            }
            return page(rows, "alerts", call)
        case "Alerts": return one(state.rows.alerts, path[2])
        case "Configuration": return .json(200, state.rows.conversations.mapValues(\.json))
        default: return missing
        }
    }

    private static func send(_ call: Call, account: String, _ state: inout State) -> Answer {
        let sid = state.rows.sid("SM")
        let media = call.form.filter { $0.0 == "MediaUrl" }.map(\.1)
        var form = Dictionary(call.form, uniquingKeysWith: { first, _ in first })
        if !media.isEmpty { form["MediaUrl"] = media.joined(separator: " ") }
        state.rows.sent.append(form)
        let row: TwilioRow = [
            "sid": .text(sid), "account_sid": .text(account), "direction": "outbound-api",
            "status": "queued", "from": TwilioValue(form["From"]), "to": TwilioValue(form["To"]),
            "body": .text(form["Body"] ?? ""), "num_media": .text("\(media.count)"),
            "messaging_service_sid": TwilioValue(form["MessagingServiceSid"]),
            "date_created": .text(date(Date())), "error_code": nil,
        ]
        state.rows.messages.insert(row, at: 0)
        if state.listLag > 0 { state.rows.hidden[sid] = state.listLag }
        return .json(201, row.mapValues(\.json))
    }

    /// As the oldest part of the API writes it.
    public static func date(_ date: Date) -> String {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(identifier: "UTC")
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss +0000"
        return format.string(from: date)
    }

    /// The form's names as Twilio's JSON has them: `SmsUrl` is `sms_url`.
    private static func changes(_ call: Call) -> TwilioRow {
        var row: TwilioRow = [:]
        for (name, value) in call.form {
            let key = name.reduce(into: "") { key, letter in
                if letter.isUppercase, !key.isEmpty { key += "_" }
                key += letter.lowercased()
            }
            row[key] = ["true", "false"].contains(value) ? .bool(value == "true") : .text(value)
        }
        return row
    }

    private static func change(
        _ rows: inout [TwilioRow], _ sid: String, _ changes: TwilioRow
    ) -> Answer {
        guard let index = rows.firstIndex(where: { $0["sid"]?.text == sid }) else { return missing }
        rows[index].merge(changes) { $1 }
        return .json(200, rows[index].mapValues(\.json))
    }

    private static func one(_ rows: [TwilioRow], _ sid: String) -> Answer {
        rows.first { $0["sid"]?.text == sid }.map { .json(200, $0.mapValues(\.json)) } ?? missing
    }

    private static var missing: Answer {
        .json(404, ["code": 20404, "message": "The requested resource was not found"])
    }

    /// One page, with the place of the next in both of Twilio's ways.
    private static func page(_ rows: [TwilioRow], _ key: String, _ call: Call) -> Answer {
        let size = call.value("PageSize").flatMap { Int($0) } ?? 50
        let number = call.value("Page").flatMap { Int($0) } ?? 0
        let shown = rows.dropFirst(number * size).prefix(size)
        var answer: [String: Any] = [key: shown.map { $0.mapValues(\.json) }]
        let isLast = rows.count <= (number + 1) * size
        let others = call.query.filter { $0.0 != "Page" && $0.0 != "PageSize" }
        let query = ([("PageSize", "\(size)"), ("Page", "\(number + 1)")] + others)
            .map {
                "\($0.0)=\($0.1)".addingPercentEncoding(
                    withAllowedCharacters: .alphanumerics
                        .union(CharacterSet(charactersIn: "=-._~"))) ?? ""
            }
            .joined(separator: "&")
        let next = "/" + call.path.joined(separator: "/") + "?" + query
        if call.path[0] == "2010-04-01" {
            answer["next_page_uri"] = isLast ? NSNull() : next
        } else {
            let url = "https://api.twilio.example" + next
            answer["meta"] =
                ["key": key, "next_page_url": isLast ? NSNull() : url] as [String: Any]
        }
        return .json(200, answer)
    }
}

import Foundation
import Synchronization

/// A stand-in for Twilio's REST API on loopback: accounts, numbers, services, senders, messages
/// and alerts in memory, and faults on demand.
///
/// It answers for every product on one port. A row is what Twilio's JSON has; a POST changes a
/// row as Twilio would (`SmsUrl` is `sms_url`) and makes messages.
public final class TwilioStandIn: Sendable {
    /// What becomes of a request instead of an answer.
    public enum Fault: Sendable {
        /// Refused with Twilio's code and words; nothing is done.
        case refused(status: Int, code: Int, message: String)
        /// 429 and 20429, with `Retry-After` or without.
        case throttled(retryAfterSeconds: Int?)
        /// 500 without JSON; done before, or not.
        case serverError(isDone: Bool)
        /// No answer until the caller goes; done before, or not.
        case hang(isDone: Bool)
        /// The connection is closed without an answer; done before, or not.
        case close(isDone: Bool)
        /// 307 to another place.
        case redirect(to: String)
        /// These bytes in place of an answer's JSON; done before.
        case garbage(String)
    }

    /// What it knows and what came.
    public struct State: Sendable {
        /// Auth Tokens by account SID.
        public var tokens: [String: String] = [:]
        /// Secrets by API key, with the account.
        public var keys: [String: (secret: String, account: String)] = [:]
        /// Its resources.
        public var rows = TwilioStandInRows()
        /// `METHOD /path?query` of each request, in order.
        public var requests: [String] = []
        /// Forms and other bodies, beside `requests`.
        public var bodies: [String] = []
        fileprivate var faults: [(place: String, fault: Fault?)] = []
        /// How many lists of messages do not show a new message yet.
        public var listLag = 0
    }

    private let state: SharedState
    private let server: LoopbackServer

    /// What the server's threads share with the test.
    private final class SharedState: Sendable {
        let value = Mutex(State())
    }

    /// Starts it with one main account and its token.
    public init(account: String = TwilioStandIn.account, token: String = "12345") throws {
        let shared = SharedState()
        shared.value.withLock { state in
            state.tokens[account] = token
            state.rows.accounts = [
                TwilioStandInRows.account(account, name: "Main", owner: account)
            ]
        }
        state = shared
        server = try LoopbackServer { request, connection in
            Self.serve(request, connection, shared.value)
        }
    }

    /// The main account of tests.
    public static let account = "AC" + String(repeating: "a", count: 32)

    /// For `--twilio-api`.
    public var url: String { String(server.url("/").dropLast()) }

    /// Looks at what it knows, or changes it.
    public func with<Result>(_ body: (inout State) throws -> Result) rethrows -> Result {
        try state.value.withLock { try body(&$0) }
    }

    /// The next requests whose `METHOD /path` holds these words get these faults, one each; nil
    /// answers one as usual.
    public func fail(_ place: String, _ faults: [Fault?]) {
        with { $0.faults += faults.map { (place, $0) } }
    }

    /// Messages that were sent, in order.
    public var sent: [[String: String]] { with { $0.rows.sent } }

    private static func serve(
        _ request: ReceivedRequest, _ connection: ServerConnection, _ state: borrowing Mutex<State>
    ) -> Bool {
        let words = request.requestLine.split(separator: " ")
        guard words.count == 3 else { return false }
        let body = String(decoding: request.body, as: UTF8.self)
        let answer = state.withLock { state -> Answer in
            state.requests.append("\(words[0]) \(words[1])")
            state.bodies.append(body)
            let call = Call(method: String(words[0]), target: String(words[1]), body: body)
            guard let caller = caller(request, state) else {
                return .json(401, ["code": 20003, "message": "Authenticate", "status": 401])
            }
            let index = state.faults.firstIndex { "\(words[0]) \(words[1])".contains($0.place) }
            let fault = index.map { state.faults.remove(at: $0).fault } ?? nil
            return fault.map { self.answer($0, to: call, caller, &state) }
                ?? reply(to: call, caller, &state)
        }
        return send(answer, connection)
    }

    /// The account that basic authentication names; nil when it is wrong.
    private static func caller(_ request: ReceivedRequest, _ state: State) -> String? {
        let prefix = "authorization: basic "
        let line = request.headText.split(separator: "\r\n")
            .first { $0.lowercased().hasPrefix(prefix) }
        guard let line, let data = Data(base64Encoded: String(line.dropFirst(prefix.count)))
        else { return nil }
        let parts = String(decoding: data, as: UTF8.self).split(separator: ":", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        if let key = state.keys[String(parts[0])] {
            return key.secret == parts[1] ? key.account : nil
        }
        return state.tokens[String(parts[0])] == String(parts[1]) ? String(parts[0]) : nil
    }

    private static func answer(
        _ fault: Fault, to call: Call, _ caller: String, _ state: inout State
    ) -> Answer {
        switch fault {
        case .refused(let status, let code, let message):
            return .json(status, ["code": code, "message": message, "status": status])
        case .throttled(let seconds):
            let header = seconds.map { "Retry-After: \($0)\r\n" } ?? ""
            return .bytes(429, header, #"{"code": 20429, "message": "Too Many Requests"}"#)
        case .serverError(let isDone):
            if isDone { _ = reply(to: call, caller, &state) }
            return .bytes(500, "", "<html>Internal Server Error</html>")
        case .hang(let isDone):
            if isDone { _ = reply(to: call, caller, &state) }
            return .hang
        case .close(let isDone):
            if isDone { _ = reply(to: call, caller, &state) }
            return .close
        case .redirect(let place): return .bytes(307, "Location: \(place)\r\n", "")
        case .garbage(let text):
            _ = reply(to: call, caller, &state)
            return .bytes(200, "", text)
        }
    }

    private static func send(_ answer: Answer, _ connection: ServerConnection) -> Bool {
        switch answer {
        case .hang:
            connection.waitForClose()
            return false
        case .close: return false
        case .bytes(let status, let header, let body):
            return connection.send(
                "HTTP/1.1 \(status) X\r\n\(header)Content-Type: application/json\r\n"
                    + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
        }
    }

    /// What goes back.
    enum Answer {
        case bytes(Int, String, String)
        case hang
        case close

        static func json(_ status: Int, _ value: [String: Any]) -> Answer {
            let data = (try? JSONSerialization.data(withJSONObject: value)) ?? Data()
            return .bytes(status, "", String(decoding: data, as: UTF8.self))
        }
    }

    /// One request, taken apart.
    struct Call {
        let method: String
        let path: [String]
        let query: [(String, String)]
        let body: String

        init(method: String, target: String, body: String) {
            self.method = method
            self.body = body
            let parts = target.split(separator: "?", maxSplits: 1)
            path = (parts.first ?? "").split(separator: "/").map(String.init)
            query = Self.pairs(parts.count > 1 ? String(parts[1]) : "")
        }

        var form: [(String, String)] { Self.pairs(body) }

        func value(_ name: String) -> String? { query.first { $0.0 == name }?.1 }

        private static func pairs(_ text: String) -> [(String, String)] {
            text.split(separator: "&").map { pair in
                let parts = pair.split(
                    separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                func plain(_ text: Substring) -> String {
                    text.replacing("+", with: " ").removingPercentEncoding ?? ""
                }
                return (plain(parts[0]), parts.count > 1 ? plain(parts[1]) : "")
            }
        }
    }
}

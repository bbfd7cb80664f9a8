import Synchronization
import TestSupport

/// The user's application as a test wants it: counts what comes and answers as told.
final class Application: Sendable {
    /// What it answers.
    struct Answer: Sendable {
        var status = 200
        var headers = ""
        var body = ""

        /// An answer of this status.
        init(_ status: Int = 200, headers: String = "", body: String = "") {
            self.status = status
            self.headers = headers
            self.body = body
        }
    }

    private let server: LoopbackServer
    private let state: StateBox

    private final class StateBox: Sendable {
        let answer = Mutex(Answer())
        let sids = Mutex<[String]>([])
        let isHeld = Atomic<Bool>(false)
    }

    init() throws {
        let state = StateBox()
        self.state = state
        server = try LoopbackServer { request, connection in
            let form = String(decoding: request.body, as: UTF8.self)
            _ = eventually(seconds: 60) { !state.isHeld.load(ordering: .acquiring) }
            let answer = state.answer.withLock { $0 }
            if (200..<300).contains(answer.status) {
                state.sids.withLock { $0.append(Self.sid(form)) }
            }
            return connection.send(
                "HTTP/1.1 \(answer.status) X\r\n\(answer.headers)"
                    + "Content-Length: \(answer.body.utf8.count)\r\n\r\n\(answer.body)")
        }
    }

    /// Where it listens.
    var url: String { server.url("/application") }

    /// What came, in order.
    var requests: [ReceivedRequest] { server.requests }

    /// The messages that it took, in order, as often as it took them.
    var taken: [String] { state.sids.withLock { $0 } }

    /// True once nobody is connected, so that nothing more can come of a process that ended.
    var isQuiet: Bool { server.openConnections == 0 }

    /// Answers so from now on.
    func answer(_ answer: Answer) { state.answer.withLock { $0 = answer } }

    /// Answers nothing until `release()`, at most a minute.
    func hold() { state.isHeld.store(true, ordering: .releasing) }

    /// Answers what was held back.
    func release() { state.isHeld.store(false, ordering: .releasing) }

    private static func sid(_ form: String) -> String {
        let pair = form.split(separator: "&").first { $0.hasPrefix("MessageSid=") }
        return pair.map { String($0.dropFirst(11)) } ?? "-"
    }
}

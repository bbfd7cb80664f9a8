import Foundation
import Synchronization
import TestSupport

/// Sends messages over several connections, one after another on each, and remembers what became
/// of every one.
final class Load: Sendable {
    /// What was sent and answered.
    struct Outcome: Sendable {
        /// Every message that was sent.
        var sent: Set<String> = []
        /// Those that are signed with the receiver's token.
        var genuine: Set<String> = []
        /// Those that were answered 200.
        var acknowledged: Set<String> = []
        /// Those that were answered otherwise, with the status.
        var refused: [String: Int] = [:]
        /// The longest time from a request to its reply.
        var longest: Duration = .zero
    }

    private let state = Mutex(Outcome())
    private let stopping = Atomic<Bool>(false)
    private let running = Atomic<Int>(0)
    private let sentCount = Atomic<Int>(0)
    private let make: @Sendable (_ number: Int, _ sid: String) -> SignedWebhook

    /// A load of webhooks made by `make` from their number and SID.
    init(
        _ make: @escaping @Sendable (_ number: Int, _ sid: String) -> SignedWebhook = {
            SignedWebhook(sid: $1)
        }
    ) {
        self.make = make
    }

    /// What became of it so far.
    var outcome: Outcome { state.withLock { $0 } }

    /// True for a message that was signed with the receiver's token.
    func isGenuine(_ sid: String) -> Bool { state.withLock { $0.genuine.contains(sid) } }

    /// Starts sending to a port; a connection that breaks is not replaced.
    func start(port: UInt16, connections: Int) {
        for _ in 0..<connections {
            running.add(1, ordering: .relaxed)
            Thread.detachNewThread {
                self.run(port)
                self.running.subtract(1, ordering: .releasing)
            }
        }
    }

    /// Stops sending once every reply has come, or its connection broke.
    func stop() -> Bool {
        stopping.store(true, ordering: .relaxed)
        let ended = waitForEnd()
        stopping.store(false, ordering: .relaxed)
        return ended
    }

    /// Waits until every connection has broken or been stopped.
    func waitForEnd() -> Bool {
        eventually(seconds: 60) { running.load(ordering: .acquiring) == 0 }
    }

    private func run(_ port: UInt16) {
        // Longer than any deadline: a reply that does not come shows as the longest.
        guard let client = try? RawClient(port: port, receiveSeconds: 20) else { return }
        let clock = ContinuousClock()
        while !stopping.load(ordering: .relaxed) {
            let sid = "SM" + UUID().uuidString.replacing("-", with: "").lowercased()
            let number = sentCount.add(1, ordering: .relaxed).oldValue
            let webhook = make(number, sid)
            guard let request = try? webhook.request() else { return }
            state.withLock { state in
                state.sent.insert(sid)
                if webhook.token == Receiver.token { state.genuine.insert(sid) }
            }
            let start = clock.now
            client.send(request)
            let response = client.response()
            let took = clock.now - start
            state.withLock { state in
                if response != nil { state.longest = max(state.longest, took) }
                switch response?.status {
                case 200: state.acknowledged.insert(sid)
                case .some(let status): state.refused[sid] = status
                case nil: break
                }
            }
            guard let response, !response.head.contains("Connection: close") else { return }
        }
    }
}

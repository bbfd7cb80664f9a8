import Foundation
import Synchronization
import TestSupport

/// Clients of several machines: each sends one message after another to one of them, and when its
/// connection breaks goes on with the next machine. A message whose reply never came is sent there
/// again, as Twilio does with a fallback URL.
final class RoamingClients: Sendable {
    /// What was sent and answered.
    struct Outcome: Sendable {
        /// Every message that was sent, and how often.
        var sent: [String: Int] = [:]
        /// Those that were answered 200.
        var acknowledged: Set<String> = []
        /// Those that were answered otherwise, with the status.
        var refused: [String: Int] = [:]
        /// The longest time from a request to its reply.
        var longest: Duration = .zero
    }

    private let state = Mutex(Outcome())
    private let ports: Mutex<[UInt16]>
    private let stopping = Atomic<Bool>(false)
    private let running = Atomic<Int>(0)

    /// Clients of the machines that listen on these ports.
    init(ports: [UInt16]) { self.ports = Mutex(ports) }

    /// What became of it so far.
    var outcome: Outcome { state.withLock { $0 } }

    /// How many messages were answered 200.
    var acknowledgedCount: Int { state.withLock { $0.acknowledged.count } }

    /// A machine listens on another port from now on.
    func machine(_ index: Int, listensOn port: UInt16) {
        ports.withLock { $0[index] = port }
    }

    /// Starts sending, with as many clients at each machine as at the others.
    func start(_ clients: Int) {
        for client in 0..<clients {
            running.add(1, ordering: .relaxed)
            Thread.detachNewThread {
                self.run(startingWith: client)
                self.running.subtract(1, ordering: .releasing)
            }
        }
    }

    /// Stops sending once every message has a reply.
    func stop() -> Bool {
        stopping.store(true, ordering: .relaxed)
        return eventually(seconds: 60) { running.load(ordering: .acquiring) == 0 }
    }

    private func run(startingWith first: Int) {
        var machine = first
        var client: RawClient?
        while !stopping.load(ordering: .relaxed) {
            let sid = "SM" + UUID().uuidString.replacing("-", with: "").lowercased()
            guard let request = try? SignedWebhook(sid: sid).request() else { return }
            while true {
                if let client, isAnswered(sid, request, by: client) { break }
                machine += 1
                client = connection(to: machine)
            }
        }
    }

    /// A connection to a machine; nil, a moment later, when nobody listens there.
    private func connection(to machine: Int) -> RawClient? {
        let port = ports.withLock { $0[machine % $0.count] }
        // Longer than any deadline: a reply that does not come shows as the longest.
        if let client = try? RawClient(port: port, receiveSeconds: 20) { return client }
        poll(nil, 0, 1)
        return nil
    }

    private func isAnswered(_ sid: String, _ request: String, by client: RawClient) -> Bool {
        let clock = ContinuousClock()
        let start = clock.now
        state.withLock { $0.sent[sid, default: 0] += 1 }
        client.send(request)
        guard let response = client.response() else { return false }
        let took = clock.now - start
        state.withLock { state in
            state.longest = max(state.longest, took)
            if response.status == 200 {
                state.acknowledged.insert(sid)
            } else {
                state.refused[sid] = response.status
            }
        }
        return true
    }
}

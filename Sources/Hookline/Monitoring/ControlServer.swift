import POSIX
import Synchronization

/// Answers commands that change or look at a running server's store, at a Unix socket in the
/// data folder: one request line in, one JSON document out.
final class ControlServer: Sendable {
    private let store: StoreStatus
    private let stopping = Atomic<Bool>(false)
    private let thread = Mutex<WorkerThread?>(nil)
    /// A request line has at most this many bytes.
    private let lineBytesMax = 64 * 1024

    init(store: StoreStatus) {
        self.store = store
    }

    /// Listens at `path` and starts the thread.
    func start(path: String) throws(POSIXError) {
        let listener = try LocalListener(path: path)
        let holder = Mutex(Optional(listener))
        let started = try WorkerThread.start(name: "control") {
            guard let listener = holder.withLock({ $0.take() }) else { return }
            self.run(listener)
        }
        thread.withLock { $0 = started }
    }

    /// Ends the thread and removes the socket.
    func stop() {
        stopping.store(true, ordering: .relaxed)
        thread.withLock { $0 }?.join()
    }

    private func run(_ listener: borrowing LocalListener) {
        while !stopping.load(ordering: .relaxed) {
            guard let connection = listener.accept(timeoutMilliseconds: 100) else { continue }
            let line = connection.readLine(bytesMax: lineBytesMax, timeoutMilliseconds: 1000)
            connection.write(answer(to: line ?? []))
        }
    }

    private func answer(to line: [UInt8]) -> [UInt8] {
        switch ControlRequest(line) {
        case .status: Array(QueueStatus(store).json.utf8)
        case nil: Array("{\"error\":\"unknown request\"}\n".utf8)
        }
    }
}

/// What a command may ask of a running server.
public enum ControlRequest: String, CaseIterable, Sendable {
    /// The queue's depth by priority and state.
    case status

    init?(_ line: [UInt8]) {
        self.init(rawValue: String(decoding: line, as: UTF8.self))
    }
}

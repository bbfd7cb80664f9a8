import POSIX
import Synchronization

/// Answers commands at a Unix socket in the data folder, one after another: a request line in,
/// JSON lines out (`AdminRequest`, `AdminReply`). Bounded in bytes, rows and time.
final class AdminServer: Sendable {
    /// How long a client may take to send its line, and to take a part of the answer.
    private static let clientMilliseconds: Int32 = 2000
    /// Lines are sent together, about so many bytes at a time.
    private static let chunkBytes = 32 * 1024

    private let desk: QueueAdmin
    private let stopping = Atomic<Bool>(false)
    private let thread = OwnedThread()

    init(desk: QueueAdmin) {
        self.desk = desk
    }

    /// Listens at `path` and starts the thread.
    func start(path: String) throws(POSIXError) {
        let listener = try LocalListener(path: path)
        let holder = Mutex(Optional(listener))
        try thread.start(name: "control") {
            guard let listener = holder.withLock({ $0.take() }) else { return }
            self.run(listener)
        }
    }

    /// Ends the thread and removes the socket.
    func stop() {
        stopping.store(true, ordering: .relaxed)
        thread.join()
    }

    private var isStopping: Bool { stopping.load(ordering: .relaxed) }

    private func run(_ listener: borrowing LocalListener) {
        while !isStopping {
            guard let connection = listener.accept(timeoutMilliseconds: 100) else { continue }
            serve(connection)
        }
    }

    private func serve(_ connection: borrowing LocalConnection) {
        var waiting: [UInt8] = []
        func flush() -> Bool {
            defer { waiting.removeAll(keepingCapacity: true) }
            return connection.send(
                waiting, timeoutMilliseconds: Self.clientMilliseconds, isCancelled: { isStopping })
        }
        do throws(AdminFault) {
            let request = try read(connection)
            try desk.answer(request) { reply in
                waiting += reply.line
                if waiting.count >= Self.chunkBytes, !flush() { return false }
                return !isStopping
            }
        } catch {
            waiting += AdminReply.error(error).line
        }
        _ = flush()
    }

    private func read(
        _ connection: borrowing LocalConnection
    ) throws(AdminFault) -> AdminRequest {
        switch connection.receiveLine(
            bytesMax: AdminRequest.lineBytesMax, timeoutMilliseconds: Self.clientMilliseconds)
        {
        case .line(let line): return try AdminLine.read(line)
        case .tooLong:
            throw AdminFault(
                .tooLong, "a request has at most \(AdminRequest.lineBytesMax) bytes")
        case .incomplete:
            throw AdminFault(.tooLong, "the request did not end with a line feed in time")
        }
    }
}

import POSIX
import Synchronization

/// Answers commands at a Unix socket in the data folder, one after another: a request line in,
/// JSON lines out (`ControlRequest`, `ControlReply`). Bounded in bytes, rows and time.
final class ControlServer: Sendable {
    /// How long a client may take to send its line, and to take a part of the answer.
    private static let clientMilliseconds: Int32 = 2000
    /// Lines are sent together, about so many bytes at a time.
    private static let chunkBytes = 32 * 1024

    private let desk: QueueDesk
    private let stopping = Atomic<Bool>(false)
    private let thread = Mutex<WorkerThread?>(nil)

    init(desk: QueueDesk) {
        self.desk = desk
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
        do throws(ControlFault) {
            let request = try read(connection)
            try desk.answer(request) { reply in
                waiting += reply.line
                if waiting.count >= Self.chunkBytes, !flush() { return false }
                return !isStopping
            }
        } catch {
            waiting += ControlReply.error(error).line
        }
        _ = flush()
    }

    private func read(
        _ connection: borrowing LocalConnection
    ) throws(ControlFault) -> ControlRequest {
        switch connection.receiveLine(
            bytesMax: ControlRequest.lineBytesMax, timeoutMilliseconds: Self.clientMilliseconds)
        {
        case .line(let line): return try ControlLine.read(line)
        case .tooLong:
            throw ControlFault(
                .tooLong, "a request has at most \(ControlRequest.lineBytesMax) bytes")
        case .incomplete:
            throw ControlFault(.tooLong, "the request did not end with a line feed in time")
        }
    }
}

import CMicroHTTPD
import Glibc
import Synchronization

/// Where other threads leave finished exchanges for one event loop; rings once a batch.
final class Mailbox: Sendable {
    /// One finished exchange.
    struct Answer: Sendable {
        var slot: Int32
        var generation: UInt32
        var response: HTTPResponse
        var observer: (any HTTPCompletionObserver)?
        /// As in the request, for an observer whose connection is gone.
        var startedNanoseconds: UInt64
        var completedNanoseconds: UInt64
        var dropped: Bool
    }

    /// The eventfd that the loop's epoll set holds; owned here, closed with the mailbox.
    let bell: Int32
    private let answers = Mutex<[Answer]>([])

    init() throws(MicroHTTPError) {
        let descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard descriptor >= 0 else { throw .lastError("eventfd") }
        bell = descriptor
    }

    deinit {
        close(bell)
    }

    /// Leaves one answer. Rings when the box was empty, unless `silently`: then whoever posts
    /// calls `ringIfFull` once for all.
    func post(_ answer: Answer, silently: Bool) {
        let wasEmpty = answers.withLock { box in
            box.append(answer)
            return box.count == 1
        }
        if wasEmpty && !silently { ring() }
    }

    /// Wakes the loop if answers wait for it.
    func ringIfFull() {
        let isFull = answers.withLock { !$0.isEmpty }
        if isFull { ring() }
    }

    /// Wakes the loop.
    func ring() {
        // The counter cannot overflow (2^64 - 2 rings), and EAGAIN would mean that it rings.
        eventfd_write(bell, 1)
    }

    /// Stops the ringing; the loop calls it before it takes.
    func silence() {
        var count: UInt64 = 0
        eventfd_read(bell, &count)
    }

    /// Takes all answers; `spare` is left in their place so that its storage is reused.
    func take(_ spare: inout [Answer]) {
        answers.withLock { box in swap(&box, &spare) }
    }
}

extension MicroHTTPError {
    /// The error of the system call that just failed.
    static func lastError(_ operation: String) -> MicroHTTPError {
        let code = errno
        return .system(operation: operation, code: code, message: String(cString: strerror(code)))
    }
}

import POSIX

/// The order of a graceful stop, on one page. Nothing that was accepted is reset, and everything
/// that is answered is stored first, as always.
///
/// 1. `/readyz` says no, systemd is told `STOPPING=1`; no attempt to forward begins any more.
/// 2. The webhook listener drains, while store and forwarding live: what the kernel accepted is
///    answered with `Connection: close`, then the listening sockets and connections are closed.
/// 3. The rest behind the reply ends: forwarding, Redis, and the store as the last of them.
/// 4. The ops listener drains: until here `/metrics` and `/readyz` are served.
///
/// Each step has its share of `--shutdown-deadline`. At its end the process ends anyway.
struct GracefulStop {
    let configuration: Configuration
    let log: Log
    let supervisor: Supervisor
    let health: Health
    let listeners: Listeners
    let back: ReceiverServices

    /// Stops everything. The main thread.
    func run() {
        let began = MonotonicClock.now()
        log.write(LogLine(.info, "stopping: no new connections, answering what is under way"))
        health.drain()
        supervisor.stopping()
        back.drainForwarding()
        let deadlines = Deadlines(began, configuration.shutdownDeadline.nanoseconds)
        let lastResort = LastResort(deadlineNanoseconds: deadlines.end)
        if !listeners.drainWebhooks(untilNanoseconds: deadlines.webhooks) {
            log.write(LogLine(.warning, "stopping: requests that are not complete get 503"))
        }
        back.stop(deadlineNanoseconds: deadlines.back)
        listeners.drainOperations(untilNanoseconds: deadlines.operations)
        listeners.stop()
        let milliseconds = Int((MonotonicClock.now() - began) / 1_000_000)
        log.write(LogLine(.info, "stopped").with("milliseconds", milliseconds))
        lastResort.disarm()
    }

    /// When each step has to be done, in monotonic nanoseconds.
    struct Deadlines: Equatable {
        /// Three fifths of the time are for requests.
        let webhooks: UInt64
        /// Until four fifths of it attempts to forward may end and the store write.
        let back: UInt64
        /// Until nine tenths of it a scrape may end.
        let operations: UInt64
        /// The process ends.
        let end: UInt64

        /// The steps of a stop that began at `began` and may take `total` nanoseconds.
        init(_ began: UInt64, _ total: UInt64) {
            webhooks = began + total / 5 * 3
            back = began + total / 5 * 4
            operations = began + total / 10 * 9
            end = began + total
        }
    }
}

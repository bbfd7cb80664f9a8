import CMicroHTTPD
import Glibc
import Synchronization

/// The state of one event loop, confined to the loop's thread but for mailbox and gauges.
final class LoopCore {
    let options: EventLoopOptions
    let handler: any HTTPHandler
    let mailbox: Mailbox
    let connectionsGauge = Atomic<Int>(0)
    let waitingGauge = Atomic<Int>(0)
    let requestsGauge = Atomic<Int>(0)
    let table: ConnectionTable
    var isDraining = false
    /// When the present turn's wait ended, in monotonic nanoseconds.
    var wokeNanoseconds = LoopCore.now()
    /// True when libmicrohttpd got on with a request in this turn: it may have more to do.
    var hasProgressed = false

    private var daemon: OpaquePointer?
    private let listenDescriptor: Int32
    private var quiescedDescriptor: Int32 = -1
    private let pollDescriptor: Int32
    private var spareAnswers: [Mailbox.Answer] = []
    private var nextReapNanoseconds: UInt64 = 0

    init(
        listen: Int32, options: EventLoopOptions, handler: any HTTPHandler
    ) throws(MicroHTTPError) {
        self.options = options
        self.handler = handler
        mailbox = try Mailbox()
        listenDescriptor = listen
        table = ConnectionTable(capacity: options.connectionsMax)
        pollDescriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard pollDescriptor >= 0 else { throw .lastError("epoll_create1") }
        daemon = startDaemon()
        guard daemon != nil else { throw .daemonNotStarted("see the message logged before") }
        try watch(hookline_mhd_epoll_fd(daemon))
        try watch(mailbox.bell)
    }

    deinit {
        if let daemon { MHD_stop_daemon(daemon) }
        if quiescedDescriptor >= 0 { close(quiescedDescriptor) }
        close(pollDescriptor)
    }

    /// Nanoseconds of the monotonic clock.
    static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// True when no request is under way.
    var isQuiet: Bool {
        table.slots.allSatisfy { slot in slot.phase == .free || slot.phase == .idle }
    }

    /// One turn: wait, deliver finished exchanges, let libmicrohttpd work, reap.
    func turn(expectedNanoseconds: inout UInt64) {
        let timeout = waitMilliseconds()
        let sleepStart = Self.now()
        var events = (epoll_event(), epoll_event())
        let ready = withUnsafeMutablePointer(to: &events) { pointer in
            pointer.withMemoryRebound(to: epoll_event.self, capacity: 2) {
                epoll_wait(pollDescriptor, $0, 2, timeout)
            }
        }
        let woke = Self.now()
        if ready == 0, timeout > 0 {
            // Nothing was ready: how late the wait ended is how late the loop turns.
            let due = sleepStart + UInt64(timeout) * 1_000_000
            handler.turned(loop: options.number, lagNanoseconds: woke > due ? woke - due : 0)
        } else if sleepStart > expectedNanoseconds {
            // Work was waiting while the last turn ran: its length is the lag of what came.
            handler.turned(
                loop: options.number, lagNanoseconds: sleepStart - expectedNanoseconds)
        }
        expectedNanoseconds = woke
        wokeNanoseconds = woke
        let isRung =
            ready > 0 && events.0.data.fd == mailbox.bell
            || ready > 1 && events.1.data.fd == mailbox.bell
        if isRung { mailbox.silence() }
        deliverAnswers()
        hasProgressed = false
        MHD_run(daemon)
        handler.turnEnded(loop: options.number)
        if woke >= nextReapNanoseconds {
            nextReapNanoseconds = woke + 250_000_000
            reap(at: woke)
        }
        connectionsGauge.store(table.count, ordering: .relaxed)
        waitingGauge.store(table.held + table.suspended, ordering: .relaxed)
        requestsGauge.store(table.requests, ordering: .relaxed)
    }

    /// Takes the mailbox and hands each answer to its connection, if that still waits for it.
    func deliverAnswers() {
        spareAnswers.removeAll(keepingCapacity: true)
        mailbox.take(&spareAnswers)
        for answer in spareAnswers {
            if answer.dropped { handler.dropped(loop: options.number) }
            guard table[answer.slot].generation == answer.generation else {
                tooLate(answer)
                continue
            }
            let phase = table[answer.slot].phase
            guard phase == .handling || phase == .held || phase == .suspended else { continue }
            table[answer.slot].response = answer.response
            table[answer.slot].observer = answer.observer
            table.endWait(answer.slot)
            table[answer.slot].phase = .answered
            if phase == .suspended, let connection = table[answer.slot].connection {
                MHD_resume_connection(connection)
            }
        }
        spareAnswers.removeAll(keepingCapacity: true)
    }

    /// The connection of an answer was found gone before it came.
    private func tooLate(_ answer: Mailbox.Answer) {
        answer.observer?.completed(
            HTTPCompletion(
                loop: options.number, status: answer.response.status,
                startedNanoseconds: answer.startedNanoseconds,
                completedNanoseconds: answer.completedNanoseconds,
                finishedNanoseconds: wokeNanoseconds, aborted: true))
    }

    /// Takes no further connections. The accept queue is emptied first, because closing a
    /// SO_REUSEPORT socket resets what waits in it. Calling it again does nothing.
    func stopAccepting() {
        guard !isDraining else { return }
        MHD_run(daemon)
        isDraining = true
        quiescedDescriptor = MHD_quiesce_daemon(daemon)
    }

    /// Answers what still waits with 503 and stops the daemon: libmicrohttpd aborts the process
    /// when it is stopped with a suspended connection.
    func finish() {
        deliverAnswers()
        for slot in table.slots.indices.map(Int32.init) {
            let phase = table[slot].phase
            guard phase == .held || phase == .suspended else { continue }
            table[slot].response = HTTPResponse(
                status: 503, fields: [HTTPField("Retry-After", "1")])
            table.endWait(slot)
            table[slot].phase = .answered
            if phase == .suspended, let connection = table[slot].connection {
                MHD_resume_connection(connection)
            }
        }
        for _ in 0..<16 where !isQuiet { MHD_run(daemon) }
        MHD_stop_daemon(daemon)
        daemon = nil
        connectionsGauge.store(0, ordering: .relaxed)
        waitingGauge.store(0, ordering: .relaxed)
        requestsGauge.store(0, ordering: .relaxed)
    }

    private func waitMilliseconds() -> Int32 {
        // While requests are held libmicrohttpd always says 0, and does not say whether it has
        // more to do. If it got on with something it may; if not, it is asked again soon.
        if table.held > 0 { return hasProgressed ? 0 : 1 }
        var timeout: UInt64 = 0
        // At least ten turns a second: the reaper, the watchdog and draining need them.
        guard MHD_get_timeout(daemon, &timeout) == .YES else { return 100 }
        return Int32(min(timeout, 100))
    }

    private func watch(_ descriptor: Int32) throws(MicroHTTPError) {
        var event = epoll_event()
        event.events = EPOLLIN.rawValue
        event.data.fd = descriptor
        guard epoll_ctl(pollDescriptor, EPOLL_CTL_ADD, descriptor, &event) == 0 else {
            throw .lastError("epoll_ctl")
        }
    }

    private func startDaemon() -> OpaquePointer? {
        var start = hookline_mhd_options()
        start.listen_fd = listenDescriptor
        start.connections_max = UInt32(options.connectionsMax)
        // The pool also holds parsed fields and the reply's head, hence the addition. It is
        // zeroed after each request (MHD_pool_reset), so it is kept small.
        start.connection_memory_bytes = UInt32(options.headerBytesMax + 4 * 1024)
        start.connection_timeout_seconds =
            UInt32(options.idleTimeoutNanoseconds / 1_000_000_000) + 1
        start.access_handler = DaemonCallbacks.access
        start.request_completed = DaemonCallbacks.requestCompleted
        start.connection_changed = DaemonCallbacks.connectionChanged
        start.request_line = DaemonCallbacks.requestLine
        start.logger = DaemonCallbacks.log
        // Unretained: the daemon is stopped before this object goes, in `finish` or `deinit`.
        start.context = Unmanaged.passUnretained(self).toOpaque()
        return hookline_mhd_start(&start)
    }
}

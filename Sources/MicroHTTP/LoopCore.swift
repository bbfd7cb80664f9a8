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
    var stop = LoopStop()
    var lingering = LingeringSockets()
    /// Where bytes are received for any connection; what of them is not read is kept elsewhere.
    let received = UnsafeMutableRawBufferPointer.allocate(
        byteCount: LoopCore.receiveBytesMax, alignment: 16)
    /// When the present turn's wait ended, in monotonic nanoseconds.
    var wokeNanoseconds = LoopCore.now()
    /// True when libmicrohttpd got on with a request in this turn: it may have more to do.
    var hasProgressed = false

    private(set) var daemon: OpaquePointer?
    /// Owned; closed by `stopListening`.
    let listenDescriptor: Int32
    /// True when the listening socket is somebody else's too.
    let isInherited: Bool
    /// False once the listening socket is closed.
    var isListening = true

    private let pollDescriptor: Int32
    private var spareAnswers: [Mailbox.Answer] = []
    private var nextReapNanoseconds: UInt64 = 0

    init(
        listen: Int32, isInherited: Bool, options: EventLoopOptions, handler: any HTTPHandler
    ) throws(MicroHTTPError) {
        self.options = options
        self.handler = handler
        mailbox = try Mailbox()
        listenDescriptor = listen
        self.isInherited = isInherited
        table = ConnectionTable(capacity: options.connectionsMax)
        pollDescriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard pollDescriptor >= 0 else { throw .lastError("epoll_create1") }
        daemon = startDaemon()
        guard daemon != nil else { throw .daemonNotStarted("see the message logged before") }
        try watch(hookline_mhd_epoll_fd(daemon))
        try watch(mailbox.bell)
    }

    deinit {
        if daemon != nil { stopDaemon() }
        close(pollDescriptor)
        received.deallocate()
    }

    /// Nanoseconds of the monotonic clock.
    static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
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
        runDaemon()
        handler.turnEnded(loop: options.number)
        relieve()
        if woke >= nextReapNanoseconds {
            nextReapNanoseconds = woke + 250_000_000
            reap(at: woke)
        }
        if lingering.count > 0 { lingering.sweep(at: woke) }
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
            if answer.response.provesClient { table[answer.slot].isProven = true }
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

    /// Stops libmicrohttpd, which closes what connections there are.
    func stopDaemon() {
        stopListening()
        MHD_stop_daemon(daemon)
        daemon = nil
    }

    private func waitMilliseconds() -> Int32 {
        // While requests are held libmicrohttpd always says 0, and does not say whether it has
        // more to do. If it got on with something it may; if not, it is asked again soon.
        if table.held > 0 { return hasProgressed ? 0 : 1 }
        var timeout: UInt64 = 0
        // At least ten turns a second: the reaper and the watchdog need them. A stop needs more.
        let most: UInt64 = isDraining || lingering.count > 0 ? 5 : 100
        guard MHD_get_timeout(daemon, &timeout) == .YES else { return Int32(most) }
        return Int32(min(timeout, most))
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
        // Half of it for a head of ours, half for the reply's. It is zeroed after each request
        // (MHD_pool_reset), so it is kept small.
        start.connection_memory_bytes = 4 * 1024
        // The reaper's deadlines come first: libmicrohttpd hears nothing while a request is read.
        let longest =
            options.idleTimeoutNanoseconds + options.headerTimeoutNanoseconds
            + options.bodyTimeoutNanoseconds
        start.connection_timeout_seconds = UInt32(longest / 1_000_000_000) + 1
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

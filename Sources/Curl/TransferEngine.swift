import CCurl

/// Runs many transfers on the thread that calls it, over libcurl's multi interface.
///
/// Confined to one thread, which creates it, drives it with `poll` and lets it go; it cannot be
/// copied, and ending it closes every connection without a result. Only its `waker` goes round.
public struct TransferEngine: ~Copyable {
    /// Ends `poll` from any thread.
    public let waker: TransferWaker
    private let options: TransferEngineOptions
    private let multi: UnsafeMutableRawPointer
    private var transfers: [UInt64: Transfer] = [:]
    private var idle: [Transfer] = []
    private var timer: WakeTimer?

    /// How long `poll` has waited for something to go on, in nanoseconds; the rest of the time
    /// was work.
    public private(set) var waitedNanoseconds: UInt64 = 0

    /// An engine without transfers; throws when libcurl cannot be set up.
    public init(_ options: TransferEngineOptions) throws(CurlError) {
        try CurlLibrary.prepare()
        multi = try Self.makeMulti(connectionsMax: options.connectionsMax)
        waker = TransferWaker(borrowing: multi)
        self.options = options
    }

    /// An engine with the usual options.
    public init(connectionsMax: Int) throws(CurlError) {
        try self.init(TransferEngineOptions(connectionsMax: connectionsMax))
    }

    deinit {
        waker.detach()
        // The order that curl_multi_cleanup(3) asks for; its codes could only be logged.
        for transfer in transfers.values { curl_multi_remove_handle(multi, transfer.easy) }
        curl_multi_cleanup(multi)
    }

    /// How many transfers have begun and not ended.
    public var running: Int { transfers.count }

    /// How many transfers `add` would take now.
    public var room: Int { options.connectionsMax - transfers.count }

    /// Takes a request that the next `poll` begins; its result carries the tag.
    ///
    /// Throws when a bound, the URL or a header line refuses it: nothing was sent then.
    public mutating func add(_ request: TransferRequest, tag: UInt64) throws(CurlError) {
        guard transfers[tag] == nil else { throw .tagInUse }
        guard room > 0 else { throw .full }
        let transfer = if let kept = idle.popLast() { kept } else { try Transfer() }
        do throws(CurlError) {
            try transfer.prepare(request, tag: tag, options: options)
            try CurlLibrary.check(
                curl_multi_add_handle(multi, transfer.easy), "curl_multi_add_handle")
        } catch {
            keep(transfer)
            throw error
        }
        transfers[tag] = transfer
    }

    /// Waits until something can go on, at most so long, does it, and appends what has ended.
    ///
    /// A wake-up ends the wait; so does a request that was just added. Throws when libcurl itself
    /// fails; the transfers are then best given up with the engine.
    public mutating func poll(
        timeoutMilliseconds: Int32, into results: inout [TransferResult]
    ) throws(CurlError) {
        try CurlLibrary.check(
            curl_multi_poll(multi, nil, 0, max(0, timeoutMilliseconds), nil), "curl_multi_poll")
        try perform(into: &results)
    }

    /// As `poll(timeoutMilliseconds:into:)`, but the wait ends at a moment of the monotonic clock,
    /// with the kernel's precision: libcurl alone counts in milliseconds.
    public mutating func poll(
        untilNanoseconds deadline: UInt64, into results: inout [TransferResult]
    ) throws(CurlError) {
        if timer == nil { timer = try WakeTimer() }
        guard let descriptor = timer?.arm(atNanoseconds: deadline) else { return }
        let start = Transfer.now()
        var wanted = curl_waitfd(fd: descriptor, events: Int16(CURL_WAIT_POLLIN), revents: 0)
        try CurlLibrary.check(curl_multi_poll(multi, &wanted, 1, 1000, nil), "curl_multi_poll")
        waitedNanoseconds += Transfer.now() - start
        try perform(into: &results)
    }

    /// Does what can be done without waiting, and appends what has ended.
    private mutating func perform(into results: inout [TransferResult]) throws(CurlError) {
        var stillRunning: Int32 = 0
        try CurlLibrary.check(
            curl_multi_perform(multi, &stillRunning), "curl_multi_perform")
        var messagesLeft: Int32 = 0
        while let message = curl_multi_info_read(multi, &messagesLeft) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle
            else { continue }
            // Read first: removing the handle frees the message (curl_multi_info_read(3)).
            let code = message.pointee.data.result
            if let result = try end(easy, code) { results.append(result) }
        }
    }

    /// Stops a transfer without a result and closes its connection; false when none has the tag.
    @discardableResult
    public mutating func cancel(tag: UInt64) -> Bool {
        guard let transfer = transfers.removeValue(forKey: tag) else { return false }
        // A handle that libcurl will not let go of must not be used again.
        if curl_multi_remove_handle(multi, transfer.easy) == CURLM_OK { keep(transfer) }
        return true
    }

    private mutating func end(
        _ easy: UnsafeMutableRawPointer, _ code: CURLcode
    ) throws(CurlError) -> TransferResult? {
        var context: UnsafeMutableRawPointer?
        try CurlLibrary.check(hookline_curl_get_private(easy, &context), "curl_easy_getinfo")
        let tag = UInt64(UInt(bitPattern: context))
        guard let transfer = transfers.removeValue(forKey: tag) else { return nil }
        let result = transfer.result(tag: tag, code: code)
        try CurlLibrary.check(
            curl_multi_remove_handle(multi, transfer.easy), "curl_multi_remove_handle")
        keep(transfer)
        return result
    }

    private mutating func keep(_ transfer: Transfer) {
        transfer.clear()
        idle.append(transfer)
    }

    private static func makeMulti(
        connectionsMax: Int
    ) throws(CurlError) -> UnsafeMutableRawPointer {
        guard let multi = curl_multi_init() else {
            throw .library(
                operation: "curl_multi_init", code: CURLM_OUT_OF_MEMORY.rawValue,
                message: String(cString: curl_multi_strerror(CURLM_OUT_OF_MEMORY)))
        }
        do throws(CurlError) {
            try CurlLibrary.check(
                hookline_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, connectionsMax),
                "curl_multi_setopt")
            // HTTP/1.1 only: no two transfers share a connection at one time.
            try CurlLibrary.check(
                hookline_curl_multi_set_long(
                    multi, CURLMOPT_PIPELINING, Int(CURLPIPE_NOTHING)), "curl_multi_setopt")
        } catch {
            curl_multi_cleanup(multi)
            throw error
        }
        return multi
    }
}

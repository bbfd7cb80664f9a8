import CCurl
import Glibc

/// One easy handle, used for one transfer after another; the engine's thread only.
final class Transfer {
    /// The handle, owned.
    let easy: UnsafeMutableRawPointer
    /// What the callbacks write to; `sinkContext` holds a reference to it until `deinit`.
    let sink = ResponseSink()
    /// The sink as libcurl knows it.
    let sinkContext: UnsafeMutableRawPointer
    /// The header lines that libcurl borrows until the handle is reset.
    var headerList: UnsafeMutablePointer<curl_slist>?
    private var startedNanoseconds: UInt64 = 0

    /// A handle without options.
    init() throws(CurlError) {
        guard let easy = curl_easy_init() else {
            throw .library(
                operation: "curl_easy_init", code: Int32(CURLE_FAILED_INIT.rawValue),
                message: CurlLibrary.message(CURLE_FAILED_INIT))
        }
        self.easy = easy
        sinkContext = Unmanaged.passRetained(sink).toOpaque()
    }

    deinit {
        curl_easy_cleanup(easy)
        curl_slist_free_all(headerList)
        Unmanaged<ResponseSink>.fromOpaque(sinkContext).release()
    }

    /// Sets every option anew, so that nothing of an earlier transfer is left.
    func prepare(
        _ request: TransferRequest, tag: UInt64, options: TransferEngineOptions
    ) throws(CurlError) {
        guard CurlLibrary.accepts(url: request.url) else { throw .urlRefused }
        guard request.connectTimeoutMilliseconds > 0, request.timeoutMilliseconds > 0 else {
            throw .timeoutRefused
        }
        clear()
        sink.begin(
            bodyBytesMax: request.responseBytesMax, allowsLinkLocal: options.allowsLinkLocal)
        try setAll(request, tag: tag, options: options)
        startedNanoseconds = Self.now()
    }

    /// Lets go of the request's and the response's bytes; connections, names and TLS sessions
    /// belong to the engine and stay.
    func clear() {
        curl_easy_reset(easy)
        curl_slist_free_all(headerList)
        headerList = nil
        sink.begin(bodyBytesMax: 0)
    }

    /// What became of the transfer that libcurl reported as done.
    func result(tag: UInt64, code: CURLcode) -> TransferResult {
        TransferResult(
            tag: tag, outcome: outcome(code),
            durationNanoseconds: Self.now() &- startedNanoseconds,
            reusedConnection: sink.timesSent > 0 && long(CURLINFO_NUM_CONNECTS) == 0,
            timesSent: sink.timesSent)
    }

    /// A body that went over its limit is a response all the same: the status counts.
    private func outcome(_ code: CURLcode) -> TransferResult.Outcome {
        let rawCode = Int32(bitPattern: code.rawValue)
        if sink.headTooLarge {
            return .failed(.tooLarge, code: rawCode, message: "Response head over its limit")
        }
        if code != CURLE_OK, sink.addressRefused {
            return .failed(
                .connect, code: rawCode,
                message: "Address of the local link or of a cloud's metadata")
        }
        guard code == CURLE_OK || sink.bodyTruncated else {
            return .failed(
                TransferFailure(code), code: rawCode, message: CurlLibrary.message(code))
        }
        return .response(
            TransferResponse(
                status: long(CURLINFO_RESPONSE_CODE), retryAfter: header("Retry-After"),
                contentType: header("Content-Type"), body: sink.body,
                bodyTruncated: sink.bodyTruncated))
    }

    private func header(_ name: String) -> String? {
        var found: UnsafeMutablePointer<curl_header>?
        let code = curl_easy_header(easy, name, 0, UInt32(CURLH_HEADER), -1, &found)
        guard code == CURLHE_OK, let value = found?.pointee.value else { return nil }
        return String(cString: value)
    }

    private func long(_ info: CURLINFO) -> Int {
        var value = 0
        return hookline_curl_get_long(easy, info, &value) == CURLE_OK ? value : 0
    }

    /// The monotonic clock in nanoseconds.
    static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}

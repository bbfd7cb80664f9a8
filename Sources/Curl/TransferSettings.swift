import CCurl

extension Transfer {
    /// Sets what a transfer needs on a handle that was just reset.
    func setAll(
        _ request: TransferRequest, tag: UInt64, options: TransferEngineOptions
    ) throws(CurlError) {
        try set(CURLOPT_PRIVATE, UnsafeRawPointer(bitPattern: UInt(tag)))
        try setRules(options)
        try setCallbacks()
        try setHeaders(request.headers)
        try setMethod(request)
        try check(request.url.withCString { hookline_curl_set_string(easy, CURLOPT_URL, $0) })
        try set(CURLOPT_CONNECTTIMEOUT_MS, request.connectTimeoutMilliseconds)
        try set(CURLOPT_TIMEOUT_MS, request.timeoutMilliseconds)
        if request.usesNewConnection { try set(CURLOPT_FRESH_CONNECT, 1) }
    }

    /// What holds for every transfer: nothing from the environment, nothing but HTTP/1.1 to the
    /// host that was named, no default of the library where a limit or a proof is concerned.
    private func setRules(_ options: TransferEngineOptions) throws(CurlError) {
        // Time-outs by signal would hit whichever thread the kernel likes (libcurl-thread(3)).
        try set(CURLOPT_NOSIGNAL, 1)
        try set(CURLOPT_PROTOCOLS_STR, "http,https")
        try set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        try set(CURLOPT_HTTP09_ALLOWED, 0)
        try set(CURLOPT_FOLLOWLOCATION, 0)
        // Empty, not absent: absent means what `http_proxy` and its like say.
        try set(CURLOPT_PROXY, "")
        try set(CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue))
        try set(CURLOPT_PATH_AS_IS, 1)
        try set(CURLOPT_SSL_VERIFYPEER, 1)
        try set(CURLOPT_SSL_VERIFYHOST, 2)
        try set(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
        if let file = options.certificateAuthorityFile { try set(CURLOPT_CAINFO, file) }
        if let file = options.clientCertificateFile {
            try set(CURLOPT_SSLCERT, file)
            try set(CURLOPT_SSLKEY, options.clientKeyFile ?? file)
        }
        try set(CURLOPT_MAXAGE_CONN, options.idleSecondsMax)
        try set(CURLOPT_MAXLIFETIME_CONN, options.connectionAgeSecondsMax)
        try set(CURLOPT_DNS_CACHE_TIMEOUT, options.addressSecondsMax)
        // Without it a transfer that ends while its name is being resolved makes this thread wait
        // for the resolver, and every other transfer with it. The resolver's thread is left to
        // finish and frees its own memory (lib/asyn-thread.c, 7.88).
        try set(CURLOPT_QUICK_EXIT, 1)
    }

    private func setCallbacks() throws(CurlError) {
        try check(hookline_curl_set_write_function(easy, CURLOPT_WRITEFUNCTION, ResponseSink.write))
        try set(CURLOPT_WRITEDATA, UnsafeRawPointer(sinkContext))
        try check(
            hookline_curl_set_write_function(easy, CURLOPT_HEADERFUNCTION, ResponseSink.header))
        try set(CURLOPT_HEADERDATA, UnsafeRawPointer(sinkContext))
        try check(hookline_curl_set_prereq_function(easy, ResponseSink.beforeRequest))
        try set(CURLOPT_PREREQDATA, UnsafeRawPointer(sinkContext))
        try check(hookline_curl_set_sockopt_function(easy, ResponseSink.socketOpened))
        guard !sink.allowsLinkLocal else { return }
        try check(hookline_curl_set_opensocket_function(easy, ResponseSink.openSocket))
        try set(CURLOPT_OPENSOCKETDATA, UnsafeRawPointer(sinkContext))
    }

    private func setHeaders(_ lines: [[UInt8]]) throws(CurlError) {
        // `Name:` takes out a header that libcurl would add: the pause of `Expect: 100-continue`
        // and a content type that nobody asked for.
        try append(Array("Expect:".utf8))
        var hasContentType = false
        for (index, line) in lines.enumerated() {
            guard let header = HeaderLine(line) else { throw .headerRefused(index: index) }
            hasContentType = hasContentType || header.name == "content-type"
            try append(header.bytes)
        }
        if !hasContentType { try append(Array("Content-Type:".utf8)) }
        try check(hookline_curl_set_headers(easy, headerList))
    }

    private func append(_ line: [UInt8]) throws(CurlError) {
        guard let longer = line.withCString({ curl_slist_append(headerList, $0) }) else {
            throw .library(
                operation: "curl_slist_append", code: Int32(CURLE_OUT_OF_MEMORY.rawValue),
                message: CurlLibrary.message(CURLE_OUT_OF_MEMORY))
        }
        headerList = longer
    }

    /// The size goes first: with it libcurl copies that many bytes, zeros too, and keeps them
    /// until the handle is reset (CURLOPT_COPYPOSTFIELDS(3)).
    private func setMethod(_ request: TransferRequest) throws(CurlError) {
        switch request.method {
        case .get: try set(CURLOPT_HTTPGET, 1)
        case .head: try set(CURLOPT_NOBODY, 1)
        case .post:
            try set(CURLOPT_POST, 1)
            try check(
                hookline_curl_set_offset(
                    easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count)))
            // An empty array may have no address, and no address means "ask a callback".
            let code = (request.body.isEmpty ? [0] : request.body).withUnsafeBytes { bytes in
                hookline_curl_set_pointer(easy, CURLOPT_COPYPOSTFIELDS, bytes.baseAddress)
            }
            try check(code)
        }
    }

    private func set(_ option: CURLoption, _ value: Int) throws(CurlError) {
        try check(hookline_curl_set_long(easy, option, value))
    }

    private func set(_ option: CURLoption, _ value: String) throws(CurlError) {
        try check(hookline_curl_set_string(easy, option, value))
    }

    private func set(_ option: CURLoption, _ value: UnsafeRawPointer?) throws(CurlError) {
        try check(hookline_curl_set_pointer(easy, option, value))
    }

    private func check(_ code: CURLcode) throws(CurlError) {
        try CurlLibrary.check(code, "curl_easy_setopt")
    }
}

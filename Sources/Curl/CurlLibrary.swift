import CCurl

/// The library as a whole.
public enum CurlLibrary {
    /// The version that is loaded, such as `7.88.1`.
    public static var version: String {
        guard let text = curl_version_info(CURLVERSION_FIRST)?.pointee.version else { return "" }
        return String(cString: text)
    }

    /// Whether a transfer could be sent to these bytes: an absolute http or https URL, with a host,
    /// without spaces, control characters or bytes above ASCII, as libcurl parses it. Any thread.
    public static func accepts(url: [UInt8]) -> Bool {
        guard url.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else { return false }
        let scheme = url.prefix { $0 != UInt8(ascii: ":") }
        guard ["http", "https"].contains(String(decoding: scheme, as: UTF8.self).lowercased()),
            url.dropFirst(scheme.count).starts(with: "://".utf8)
        else { return false }
        guard let parts = curl_url() else { return false }
        defer { curl_url_cleanup(parts) }
        return url.withCString { curl_url_set(parts, CURLUPART_URL, $0, 0) } == CURLUE_OK
    }

    /// The same for a text.
    public static func accepts(url: String) -> Bool { accepts(url: Array(url.utf8)) }

    /// Sets the library up, once a process whichever thread is first.
    static func prepare() throws(CurlError) {
        try check(prepared, "curl_global_init")
    }

    /// The result of the one set-up; the language runs this initialiser exactly once.
    private static let prepared: CURLcode = curl_global_init(Int(CURL_GLOBAL_DEFAULT))

    /// Throws unless a call of the easy interface succeeded.
    static func check(_ code: CURLcode, _ operation: String) throws(CurlError) {
        guard code != CURLE_OK else { return }
        throw .library(
            operation: operation, code: Int32(bitPattern: code.rawValue), message: message(code))
    }

    /// Throws unless a call of the multi interface succeeded.
    static func check(_ code: CURLMcode, _ operation: String) throws(CurlError) {
        guard code != CURLM_OK else { return }
        throw .library(
            operation: operation, code: code.rawValue,
            message: String(cString: curl_multi_strerror(code)))
    }

    /// The fixed words for a code (`curl_easy_strerror`): no host, no path, no header.
    static func message(_ code: CURLcode) -> String {
        String(cString: curl_easy_strerror(code))
    }
}

import CCurl
import Glibc

/// A URL as libcurl reads it before a request (https://curl.se/libcurl/c/libcurl-url.html).
public struct URLParts: ~Copyable {
    private let handle: OpaquePointer

    /// Takes a URL apart; nil when libcurl would send no request to it. Any thread.
    public init?(_ url: String) {
        guard let handle = curl_url() else { return nil }
        guard curl_url_set(handle, CURLUPART_URL, url, 0) == CURLUE_OK else {
            curl_url_cleanup(handle)
            return nil
        }
        self.handle = handle
    }

    deinit { curl_url_cleanup(handle) }

    /// The host in ASCII, an international one in Punycode, an IPv6 address in its brackets; nil
    /// when it has no such spelling.
    public var asciiHost: String? {
        // libidn2 takes the name in the thread's encoding, which is ASCII in a process that chose
        // none (`idn2_lookup_ul`: "input ... in the locale's encoding").
        let locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nil)
        defer { if let locale { freelocale(locale) } }
        let previous = uselocale(locale)
        defer { _ = uselocale(previous) }
        var text: UnsafeMutablePointer<CChar>?
        let code = curl_url_get(handle, CURLUPART_HOST, &text, UInt32(CURLU_PUNYCODE))
        defer { curl_free(text) }
        guard code == CURLUE_OK, let text else { return nil }
        let host = String(cString: text)
        return host.utf8.allSatisfy { $0 < 0x80 } ? host : nil
    }
}

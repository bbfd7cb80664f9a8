import Curl
import Testing

@Suite struct URLPartsTests {
    @Test(arguments: [
        ("https://hooks.example.com:8443/a?b#c", "hooks.example.com"),
        ("https://höoks.example.com", "xn--hoks-5qa.example.com"),
        ("https://HÖOKS.example.com", "xn--hoks-5qa.example.com"),
        ("https://faß.example", "xn--fa-hia.example"),
        ("https://[2001:DB8::0:1]/", "[2001:db8::1]"),
    ])
    func `a host is given in ASCII in a process without a locale`(url: String, host: String) {
        let found = URLParts(url)?.asciiHost
        #expect(found == host)
    }

    @Test(arguments: ["", "https://", "https://a b/", "https://h:99999/", "https://h\"x/"])
    func `what libcurl sends no request to is no URL`(url: String) {
        let isURL = URLParts(url) != nil
        #expect(!isURL)
    }

    @Test func `a host without a spelling in ASCII has none`() {
        let host = URLParts("https://-ö.example/")?.asciiHost
        #expect(host == nil)
    }
}

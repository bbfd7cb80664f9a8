import TestSupport
import Testing

@testable import HooklineBench

@Suite struct MetricsAddressTests {
    @Test func `an address that is given goes first and needs no path`() {
        func url(_ given: String) -> String {
            MetricsAddress.url(given: given, dataDirectory: "/nowhere")
        }
        #expect(url("http://h:9464") == "http://h:9464/metrics")
        #expect(url("http://h:9464/") == "http://h:9464/metrics")
        #expect(url("https://h/hookline/metrics") == "https://h/hookline/metrics")
    }

    @Test func `a server on this machine is found by its data folder, else by the default`() throws
    {
        let folder = try TemporaryFolder()
        func url() -> String { MetricsAddress.url(given: nil, dataDirectory: folder.path) }
        #expect(url() == "http://127.0.0.1:9464/metrics")
        try folder.write(#"{"webhooks":"0.0.0.0:1","ops":"127.0.0.1:4321"}"#, to: "addresses.json")
        #expect(url() == "http://127.0.0.1:4321/metrics")
        try folder.write(#"{"webhooks":"0.0.0.0:1","ops":"0.0.0.0:4321"}"#, to: "addresses.json")
        #expect(url() == "http://127.0.0.1:4321/metrics")
        try folder.write(#"{"ops":"[::]:4321"}"#, to: "addresses.json")
        #expect(url() == "http://127.0.0.1:4321/metrics")
        try folder.write("{", to: "addresses.json")
        #expect(url() == "http://127.0.0.1:9464/metrics")
    }
}

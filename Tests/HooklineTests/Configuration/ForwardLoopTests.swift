import Testing

@testable import Hookline

@Suite struct ForwardLoopTests {
    private func found(
        _ destination: String, listen: String = "0.0.0.0:8080", ops: String = "127.0.0.1:9464",
        publicURL: String? = nil
    ) throws -> String? {
        var configuration = Configuration()
        configuration.forwardTo = try DestinationURL(destination)
        configuration.listen = try ListenAddress(listen)
        configuration.opsListen = ops == "same" ? nil : try ListenAddress(ops)
        configuration.publicURL = publicURL
        return ForwardLoop(ownHosts: ["192.0.2.5", "fd00::5", "this-host"])
            .fault(in: configuration)
    }

    @Test(arguments: [
        ("http://127.0.0.1:8080/", "127.0.0.1:8080"), ("http://localhost:8080", "127.0.0.1:8080"),
        ("http://LOCALHOST.:8080/x?y", "0.0.0.0:8080"), ("http://[::1]:8080/", "[::1]:8080"),
        ("http://localhost:8080/", "[::1]:8080"), ("http://127.0.0.7:8080/", "0.0.0.0:8080"),
        ("http://127.1:8080/", "127.0.0.1:8080"), ("http://0.0.0.0:8080/", "127.0.0.1:8080"),
        ("http://192.0.2.5:8080/a", "0.0.0.0:8080"), ("http://[fd00::5]:8080/", "[::]:8080"),
        ("http://this-host:8080/", "0.0.0.0:8080"), ("http://192.0.2.5:8080", "192.0.2.5:8080"),
        ("http://[::ffff:127.0.0.1]:8080/", "127.0.0.1:8080"), ("http://app.localhost/", ":80"),
        ("https://localhost/", "0.0.0.0:443"),
    ])
    func `an address that Hookline listens on is seen`(destination: String, listen: String) throws {
        let fault = try #require(try found(destination, listen: listen), "\(destination)")
        #expect(fault.contains("leads back to Hookline itself") && fault.contains("(listen "))
    }

    @Test(arguments: [
        ("http://127.0.0.1:3000/", "127.0.0.1:8080"), ("http://127.0.0.1:8080/", "[::1]:8080"),
        ("http://127.0.0.2:8080/", "127.0.0.1:8080"), ("http://app:8080/", "0.0.0.0:8080"),
        ("http://192.0.2.6:8080/", "0.0.0.0:8080"), ("http://192.0.2.5:8080/", "127.0.0.1:8080"),
        ("http://127.0.0.1:8080/", "127.0.0.1:0"), ("http://localhost/", "127.0.0.1:8080"),
        ("http://localhost.example.com:8080/", "127.0.0.1:8080"),
    ])
    func `any other address is fine`(destination: String, listen: String) throws {
        #expect(try found(destination, listen: listen) == nil)
    }

    @Test func `the listener of metrics is Hookline too, and the public URL is`() throws {
        let metrics = try found("http://localhost:9464/")
        #expect(metrics?.contains("(ops-listen 127.0.0.1:9464)") == true)
        #expect(try found("http://localhost:9464/", ops: "same") == nil)
        for (destination, url) in [
            ("https://hooks.example.com/app", "https://hooks.example.com"),
            ("https://HOOKS.example.com:443/", "https://hooks.example.com/twilio"),
            ("http://hooks.example.com:8443/", "https://hooks.example.com:8443"),
        ] {
            let fault = try found(destination, publicURL: url)
            #expect(fault?.contains("public-url") == true, "\(destination)")
        }
        for (destination, url) in [
            ("http://hooks.example.com/", "https://hooks.example.com"),
            ("https://app.example.com/", "https://hooks.example.com"),
        ] {
            #expect(try found(destination, publicURL: url) == nil, "\(destination)")
        }
    }
}

import TestSupport
import Testing

/// Behind proxies that are trusted by their address: the origin that they say, from a real nginx.
extension EndToEnd {
    @Suite struct ForwardedHeaderTests {
        private static let trusted = ["--trusted-proxies", "127.0.0.1/32"]
        private static let forged = [
            "X-Forwarded-Proto: ftp", "X-Forwarded-Host: evil.example.com", "X-Forwarded-Port: 1",
            "X-Forwarded-For: 127.0.0.1, 127.0.0.1",
            "Forwarded: for=127.0.0.1;host=evil.example.com;proto=http",
        ]

        private func webhook() -> SignedWebhook {
            var webhook = SignedWebhook(sid: "SM1")
            webhook.scheme = "https"
            webhook.host = "hooks.example.com"
            return webhook
        }

        private func verify(_ raw: [UInt8], _ settings: [String]) throws -> String {
            let result = try ChildProcess.run(
                Repository.hookline, ["verify"] + settings,
                environment: ["TWILIO_AUTH_TOKEN": Receiver.token], input: raw)
            return result.output + result.errors
        }

        private func ask(_ receiver: Receiver, _ request: String) throws -> Int? {
            let client = try RawClient(port: receiver.webhookPort)
            client.send(request)
            return client.response()?.status
        }

        @Test(arguments: [
            """
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto "$http_x_forwarded_proto, $scheme";
            proxy_set_header X-Forwarded-Host "$http_x_forwarded_host, $host";
            proxy_set_header X-Forwarded-Port "$http_x_forwarded_port, 443";
            """,
            """
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Forwarded-Host $host;
            proxy_set_header X-Forwarded-Port "";
            """,
            """
            proxy_set_header X-Forwarded-Proto ""; proxy_set_header X-Forwarded-Host "";
            proxy_set_header Forwarded
              '$http_forwarded, for="$remote_addr:$remote_port";host="$host";proto=$scheme';
            """,
        ])
        func `an nginx that appends, overwrites or writes Forwarded names what was called`(
            fields: String
        ) throws {
            let nginx = try Nginx(
                Nginx.Options(
                    server: "location / { proxy_pass SINK; \(fields) }", isTLS: true))
            // A capture without its sender's address counts as passed on by a trusted proxy. The
            // caller here is 127.0.0.1 too, so that address is no proxy's in these settings.
            let settings = ["--trusted-proxies", "10.0.0.0/8"]
            for lines in [[], Self.forged] {
                let raw = try nginx.pass(webhook(), adding: lines)
                #expect(try verify(raw, settings).hasPrefix("match:"), "\(lines)")
            }
        }

        @Test(arguments: [
            ["X-Forwarded-Proto: https, https"],
            ["X-Forwarded-Proto: https", "X-Forwarded-Proto: https"], ["X-Forwarded-Proto: HTTPS"],
            ["X-Forwarded-Proto: https", "X-Forwarded-Host: inner.lan, hooks.example.com"],
            ["X-Forwarded-Proto: https", "X-Forwarded-Port: 80, 443"],
            ["X-Forwarded-Proto: https", "X-Forwarded-Host: "],
            ["Forwarded: for=192.0.2.7;proto=https"],
        ])
        func `lists, repeated lines, capitals and empty fields of a trusted proxy are taken`(
            lines: [String]
        ) throws {
            let receiver = try Receiver(origin: Self.trusted)
            let request = try webhook().request().replacing(
                "\r\nContent-Length",
                with: "\r\n\(lines.joined(separator: "\r\n"))\r\nContent-Length")
            #expect(try ask(receiver, request) == 200)
        }

        @Test func `what cannot be read is refused, and one line says which header it was`() throws
        {
            let receiver = try Receiver(origin: Self.trusted)
            let request = try webhook().request()
            for (line, count) in [
                ("X-Forwarded-Proto: gopher", 3), ("X-Forwarded-Port: gopher", 2),
                ("Forwarded: gopher", 1),
            ] {
                for _ in 0..<count {
                    let asked = request.replacing(
                        "\r\nContent-Length", with: "\r\n\(line)\r\nContent-Length")
                    #expect(try ask(receiver, asked) == 400)
                }
            }
            #expect(receiver.stop() == 0)
            let lines = receiver.log.split(separator: "\n").filter { $0.contains("cannot be read") }
            #expect(lines.count == 3)
            for name in ["X-Forwarded-Proto", "X-Forwarded-Port", "Forwarded"] {
                #expect(lines.count { $0.contains("\"\(name) of a request cannot be read") } == 1)
            }
            #expect(lines.allSatisfy { $0.contains("set --public-url, or let the proxy") })
            #expect(!receiver.log.contains("gopher"))
        }

        @Test func `a public URL with capitals takes what was signed in either spelling`() throws {
            let receiver = try Receiver(origin: ["--public-url", "HTTPS://Hooks.Example.COM:443"])
            for (sid, host, status) in [
                ("SM1", "Hooks.Example.COM", 200), ("SM2", "hooks.example.com", 200),
                ("SM3", "HOOKS.example.com", 403),
            ] {
                var webhook = SignedWebhook(sid: sid)
                webhook.scheme = "https"
                webhook.host = host
                #expect(try ask(receiver, try webhook.request()) == status)
            }
        }
    }
}

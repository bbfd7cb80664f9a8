import Foundation
import TestSupport
import Testing

/// X6: a real nginx in front does one thing wrong; the hint is reached, and what the sentence
/// says, done word for word, makes the signature match. `hookline serve` logs and counts the same.
extension EndToEnd {
    @Suite struct ProxyMistakeTests {
        /// What `hookline verify` says of a request as it arrived.
        private struct Verdict {
            var status: Int32
            var hint: String
            var sentence: String
        }

        private func verify(
            _ raw: [UInt8], _ arguments: [String], token: String? = Receiver.token
        ) throws -> Verdict {
            struct Report: Decodable {
                var match: Bool
                var hint: String?
                var explanation: String?
            }
            let result = try ChildProcess.run(
                Repository.hookline, ["verify", "--json"] + arguments,
                environment: token.map { ["TWILIO_AUTH_TOKEN": $0] } ?? [:], input: raw)
            let report = try JSONDecoder().decode(Report.self, from: Data(result.output.utf8))
            #expect(report.match == (result.status == 0), "\(result.errors)")
            return Verdict(
                status: result.status, hint: report.hint ?? "match",
                sentence: report.explanation ?? "")
        }

        /// What `hookline verify` says of a request, after `hookline serve` refused it with the
        /// same settings, logged the same sentence and counted its hint.
        private func refused(
            _ raw: [UInt8], _ settings: [String], token: String? = Receiver.token
        ) throws -> Verdict {
            struct Line: Decodable {
                var msg: String
                var hint: String?
                var explanation: String?
            }
            let verdict = try verify(raw, settings, token: token)
            let receiver = try Receiver(authToken: token, origin: settings)
            let client = try RawClient(port: receiver.webhookPort)
            client.send(raw)
            #expect(client.response()?.status == 403)
            let series = "signature_mismatches_total{hint=\"\(verdict.hint)\"}"
            #expect(try eventually { try receiver.metrics()[series] == 1 })
            #expect(try receiver.metrics().sum("signature_mismatches_total") == 1)
            var lines: [Line] = []
            let isLogged = eventually {
                lines = receiver.log.split(separator: "\n").compactMap { line in
                    try? JSONDecoder().decode(Line.self, from: Data(line.utf8))
                }.filter { $0.msg == "signature mismatch" }
                return !lines.isEmpty
            }
            #expect(isLogged && lines.count == 1)
            #expect(lines.first?.hint == verdict.hint)
            #expect(lines.first?.explanation == verdict.sentence)
            return verdict
        }

        /// The settings with one more route, beside which `serve` takes no other path.
        private func settings(
            _ settings: [String], route: String, in folder: TemporaryFolder
        ) throws -> [String] {
            try folder.write("routes: [\"\(route)\"]\n", to: "hookline.yaml")
            return settings + ["--config", folder.path("hookline.yaml")]
        }

        /// The settings after the sentence was followed, as far as it names one.
        private func followed(_ sentence: String) throws -> [String] {
            let match = try #require(
                sentence.firstMatch(of: /set --public-url (\S+)/), "\(sentence)")
            return ["--public-url", String(match.1)]
        }

        /// The webhook as it has to be signed for this nginx.
        private func webhook(
            _ nginx: Nginx, path: String = "/webhook/whatsapp", isTLS: Bool = false
        ) -> SignedWebhook {
            var webhook = SignedWebhook(sid: "SM1", path: path, body: "hello & welcome")
            webhook.host = "hooks.example.com:\(nginx.port)"
            webhook.scheme = isTLS ? "https" : "http"
            return webhook
        }

        @Test func `X6 hint scheme: nginx ends TLS and does not say so`() throws {
            let nginx = try Nginx(
                Nginx.Options(
                    server: "location / { proxy_pass SINK; proxy_set_header Host $http_host; }",
                    isTLS: true))
            let raw = try nginx.pass(webhook(nginx, isTLS: true))
            let verdict = try refused(raw, ["--origin-from-host"])
            #expect(verdict.hint == "scheme")
            #expect(verdict.sentence.contains("in place of --origin-from-host"))
            #expect(try verify(raw, try followed(verdict.sentence)).status == 0)
        }

        @Test func `X6 hint port: nginx puts its own port into Host`() throws {
            let nginx = try Nginx(
                Nginx.Options(
                    server: """
                        location / { proxy_pass SINK; proxy_set_header Host $host:$proxy_port;
                        proxy_set_header X-Forwarded-Port $server_port; }
                        """))
            let raw = try nginx.pass(webhook(nginx))
            for settings in [["--origin-from-host"], ["--trusted-proxies", "127.0.0.1"]] {
                let verdict = try refused(raw, settings)
                #expect(verdict.hint == "port")
                #expect(try verify(raw, try followed(verdict.sentence)).status == 0)
            }
        }

        @Test func `X6 hint host: nginx rewrites Host`() throws {
            let nginx = try Nginx(
                Nginx.Options(
                    server: """
                        location / { proxy_pass SINK;
                        proxy_set_header X-Forwarded-Host $http_host; }
                        """))
            let raw = try nginx.pass(webhook(nginx))
            let verdict = try refused(raw, ["--origin-from-host"])
            #expect(verdict.hint == "host")
            #expect(try verify(raw, try followed(verdict.sentence)).status == 0)
        }

        @Test func `X6 hint host: nginx rewrites Host and ends TLS`() throws {
            let nginx = try Nginx(
                Nginx.Options(
                    server: """
                        location / { proxy_pass SINK;
                        proxy_set_header X-Forwarded-Host $http_host; }
                        """, isTLS: true))
            let raw = try nginx.pass(webhook(nginx, isTLS: true))
            let verdict = try refused(raw, ["--public-url", "http://wrong.example.com"])
            #expect(verdict.hint == "host")
            #expect(verdict.sentence.contains("with https, host hooks.example.com"))
            #expect(try verify(raw, try followed(verdict.sentence)).status == 0)
        }

        @Test(arguments: ["/twilio", "/in/here"])
        func `X6 hint path: nginx strips a prefix`(prefix: String) throws {
            let nginx = try Nginx(
                Nginx.Options(
                    server: """
                        location \(prefix)/ { proxy_pass SINK/; proxy_set_header Host $http_host;
                        proxy_set_header X-Forwarded-Prefix \(prefix); }
                        """))
            let raw = try nginx.pass(webhook(nginx, path: prefix + "/webhook/whatsapp"))
            #expect(String(decoding: raw, as: UTF8.self).hasPrefix("POST /webhook/whatsapp "))
            let verdict = try refused(raw, ["--origin-from-host"])
            #expect(verdict.hint == "path")
            #expect(try verify(raw, try followed(verdict.sentence)).status == 0)
        }

        @Test func `X6 hint path: nginx adds a prefix`() throws {
            var options = Nginx.Options(
                server: """
                    location / { proxy_pass SINK/internal/; proxy_set_header Host $http_host; }
                    """)
            let nginx = try Nginx(options)
            let folder = try TemporaryFolder()
            let verdict = try refused(
                try nginx.pass(webhook(nginx)),
                settings(
                    ["--origin-from-host"], route: "/internal/webhook/whatsapp", in: folder))
            #expect(verdict.hint == "path")
            #expect(
                verdict.sentence.contains(
                    "let the proxy pass the path on as Twilio called it, without "
                        + "/internal before it (in nginx: proxy_pass with an address and no path)"))
            options.server = options.server.replacing("SINK/internal/", with: "SINK")
            let mended = try Nginx(options)
            #expect(try verify(mended.pass(webhook(mended)), ["--origin-from-host"]).status == 0)
        }

        @Test func `X6 hint path: nginx merges a doubled slash`() throws {
            let nginx = try Nginx(
                Nginx.Options(
                    server: "location / { proxy_pass SINK/; proxy_set_header Host $http_host; }"))
            let doubled = webhook(nginx, path: "//webhook/whatsapp")
            let verdict = try refused(try nginx.pass(doubled), ["--origin-from-host"])
            #expect(verdict.hint == "path")
            #expect(
                verdict.sentence.contains("in the Twilio console with one slash where it has two"))
            let mended = try verify(try nginx.pass(webhook(nginx)), ["--origin-from-host"])
            #expect(mended.status == 0)
        }

        @Test func `X6 hint path: nginx decodes the path and drops the query`() throws {
            var options = Nginx.Options(
                server: """
                    location / { proxy_pass SINK$uri; proxy_set_header Host $http_host;
                    proxy_set_header X-Original-URI $request_uri; }
                    """)
            let nginx = try Nginx(options)
            let path = "/webhook/whats%61pp?tenant=7"
            let verdict = try refused(
                try nginx.pass(webhook(nginx, path: path)), ["--origin-from-host"])
            #expect(verdict.hint == "path")
            #expect(verdict.sentence.contains("let the proxy pass path and query on as they came"))
            options.server = options.server.replacing("SINK$uri", with: "SINK")
            let mended = try Nginx(options)
            let passed = try mended.pass(webhook(mended, path: path))
            #expect(try verify(passed, ["--origin-from-host"]).status == 0)
        }

        @Test func `X6 hint path: nginx adds a parameter to the query`() throws {
            var options = Nginx.Options(
                server: """
                    location / { set $args $args&via=nginx; proxy_pass SINK;
                    proxy_set_header Host $http_host; }
                    """)
            let nginx = try Nginx(options)
            let path = "/webhook/whatsapp?tenant=7"
            let verdict = try refused(
                try nginx.pass(webhook(nginx, path: path)), ["--origin-from-host"])
            #expect(verdict.hint == "path")
            #expect(verdict.sentence.contains("let the proxy add no parameter to the query"))
            options.server = options.server.replacing("set $args $args&via=nginx;", with: "")
            let mended = try Nginx(options)
            let passed = try mended.pass(webhook(mended, path: path))
            #expect(try verify(passed, ["--origin-from-host"]).status == 0)
        }

        @Test func `X6 hint body: nginx writes the body anew`() throws {
            var options = Nginx.Options(
                server: """
                    location / { proxy_set_body "$request_body\\r\\n"; proxy_pass SINK;
                    proxy_set_header Host $http_host; }
                    """)
            let nginx = try Nginx(options)
            let verdict = try refused(try nginx.pass(webhook(nginx)), ["--origin-from-host"])
            #expect(verdict.hint == "body")
            #expect(
                verdict.sentence.contains(
                    "let the proxy pass the body on byte for byte as it came (it adds white space"))
            options.server = options.server.replacing(/proxy_set_body [^;]*;/, with: "")
            let mended = try Nginx(options)
            #expect(try verify(mended.pass(webhook(mended)), ["--origin-from-host"]).status == 0)
        }

        @Test func `X6 hint other_token: the token is listed under another account`() throws {
            let nginx = try Nginx(
                Nginx.Options(
                    server: "location / { proxy_pass SINK; proxy_set_header Host $http_host; }"))
            let raw = try nginx.pass(webhook(nginx))
            let folder = try TemporaryFolder()
            let settings = ["--origin-from-host", "--tokens-file", folder.path("tokens")]
            let own = "AC" + String(repeating: "0", count: 32)
            let other = "AC" + String(repeating: "f", count: 32)
            try folder.write("\(own): [stale]\n\(other): [\(Receiver.token)]\n", to: "tokens")
            let verdict = try refused(raw, settings, token: nil)
            #expect(verdict.hint == "other_token")
            #expect(verdict.sentence.contains("list that token under account \(own)"))
            #expect(!verdict.sentence.contains(Receiver.token))
            try folder.write("\(own): [stale, \(Receiver.token)]\n", to: "tokens")
            #expect(try verify(raw, settings, token: nil).status == 0)
        }

        @Test func `X6 hint none: nobody's mistake explains a forged request`() throws {
            let nginx = try Nginx(
                Nginx.Options(
                    server: "location / { proxy_pass SINK; proxy_set_header Host $http_host; }"))
            var forged = webhook(nginx)
            forged.token = "nobody's"
            let verdict = try refused(try nginx.pass(forged), ["--origin-from-host"])
            #expect(verdict.status == 1)
            #expect(verdict.hint == "none")
        }
    }
}

import Foundation
import TestSupport
import Testing

/// `hookline verify`: a request by options or on standard input, a verdict, an exit status.
extension EndToEnd {
    @Suite struct VerifyTests {
        private let webhook: SignedWebhook
        private let signature: String

        init() throws {
            var webhook = SignedWebhook(sid: "SM1")
            webhook.host = "hooks.example.com"
            webhook.scheme = "https"
            self.webhook = webhook
            signature = try webhook.signature()
        }

        private var url: String { "https://hooks.example.com/webhook/whatsapp" }

        private func verify(
            _ arguments: [String], input: String = "",
            environment: [String: String] = ["TWILIO_AUTH_TOKEN": Receiver.token]
        ) throws -> (status: Int32, output: String, errors: String) {
            try ChildProcess.run(
                Repository.hookline, ["verify"] + arguments, environment: environment,
                input: Array(input.utf8))
        }

        @Test func `X6 a body, a body's file and parameters are one request`() throws {
            let folder = try TemporaryFolder()
            try folder.write(webhook.form, to: "body")
            let parameters = webhook.fields.flatMap { ["--param", "\($0.name)=\($0.value)"] }
            for body in [
                ["--body", webhook.form], ["--body-file", folder.path("body")], parameters,
            ] {
                let result = try verify(["--url", url, "--signature", signature] + body)
                #expect(result.status == 0, "\(result.errors)")
                #expect(
                    result.output
                        == "match: Auth Token 1 of those that apply to the account, "
                        + "URL as received\n")
            }
        }

        @Test func `X6 a mismatch is explained, as text and as JSON`() throws {
            let arguments = [
                "--url", url.replacing("https", with: "http"), "--signature", signature, "--body",
                webhook.form,
            ]
            let text = try verify(arguments)
            #expect(text.status == 1)
            #expect(
                text.output == "no match (scheme): this request would match with https: set "
                    + "--public-url https://hooks.example.com\n")
            let json = try verify(arguments + ["--json"])
            #expect(json.status == 1)
            #expect(
                json.output == #"{"match":false,"hint":"scheme","explanation":"this request would "#
                    + #"match with https: set --public-url https://hooks.example.com"}"# + "\n")
        }

        @Test func `X5 the position of the token that matched is told`() throws {
            let result = try verify(
                ["--url", url, "--signature", signature, "--body", webhook.form, "--json"],
                environment: ["TWILIO_AUTH_TOKEN": "another,\(Receiver.token)"])
            #expect(result.status == 0)
            #expect(
                result.output == #"{"match":true,"signed_with":"auth_token","token_position":2,"#
                    + #""url_form":"received","repeated_field":null}"# + "\n")
        }

        @Test func `X6 a request on standard input is checked as serve would`() throws {
            let request = try webhook.request()
            for input in [request, request.replacing("\r\n", with: "\n"), request + "\n"] {
                let matching = try verify(
                    ["--public-url", "https://hooks.example.com"], input: input)
                #expect(matching.status == 0, "\(matching.errors)")
                #expect(try verify(["--origin-from-host"], input: input).status == 1)
            }
            let proxied = request.replacing(
                "\r\nHost: hooks.example.com",
                with: "\r\nHost: inner\r\nX-Forwarded-Host: hooks.example.com\r\n"
                    + "X-Forwarded-Proto: https")
            let trusted = try verify(["--trusted-proxies", "10.0.0.0/8"], input: proxied)
            #expect(trusted.status == 0)
        }

        @Test func `X6 a request that no signature can help says why`() throws {
            let settings = ["--public-url", "https://hooks.example.com"]
            let unsigned = try verify(settings, input: webhook.request(signature: nil))
            #expect(unsigned.status == 1)
            #expect(unsigned.output == "no match: there is no X-Twilio-Signature\n")
            let twice = try webhook.request().replacing(
                "\r\nHost", with: "\r\nX-Twilio-Signature: a\r\nHost")
            #expect(try verify(settings, input: twice).output.contains("more than one"))
            let put = try webhook.request().replacing("POST", with: "PUT")
            #expect(try verify(settings, input: put).output.contains("neither a POST nor a GET"))
            let wide = "a=b&" + (0..<512).map { "p\($0)=" }.joined(separator: "&")
            let parameters = try verify(
                ["--url", url, "--signature", signature, "--body", wide])
            #expect(parameters.output.contains("more than 512 parameters"))
        }

        @Test func `a genuine request that repeats a field matches, and is told to be refused`()
            throws
        {
            var repeated = webhook
            repeated.fields.insert(("Body", "another"), at: 1)
            let result = try verify(
                ["--public-url", "https://hooks.example.com"], input: try repeated.request())
            #expect(result.status == 0)
            #expect(result.output.contains("Body has two values"))
        }

        @Test func `X6 a request in quarantine is explained, and matches once that is followed`()
            throws
        {
            let receiver = try Receiver(origin: ["--public-url", "http://hooks.example.com"])
            let client = try RawClient(port: receiver.webhookPort)
            var forged = webhook
            forged.token = "guessed"
            for request in [webhook, forged] {
                client.send(try request.request())
                #expect(client.response()?.status == 403)
            }
            #expect(try eventually { try receiver.metrics()["quarantined"] == 2 })
            func verify(_ id: Int, _ url: String) throws -> (status: Int32, output: String) {
                let result = try self.verify([
                    "--quarantined", "\(id)", "--data-dir", receiver.folder.path("data"),
                    "--public-url", url,
                ])
                return (result.status, result.output + result.errors)
            }
            let wrong = try verify(1, "http://hooks.example.com")
            #expect(wrong.status == 1)
            #expect(
                wrong.output
                    == "no match (scheme): this request would match with https: "
                    + "set --public-url https://hooks.example.com\n")
            let mended = try verify(1, "https://hooks.example.com")
            #expect(mended.status == 0 && mended.output.hasPrefix("match: Auth Token 1"))
            let none = try verify(2, "https://hooks.example.com")
            #expect(none.status == 1 && none.output.hasPrefix("no match (none)"))
            let missing = try verify(3, "https://hooks.example.com")
            #expect(missing.status == 1)
            #expect(missing.output.contains("there is no request 3 in quarantine"))
            #expect(receiver.stop() == 0)
            let stopped = try verify(1, "https://hooks.example.com")
            #expect(stopped.status == 1 && stopped.output.contains("no hookline serves from"))
        }

        @Test func `X5 the tokens of a command are used too`() throws {
            let folder = try TemporaryFolder()
            try folder.write("#!/bin/sh\necho \(Receiver.token)\n", to: "command")
            let result = try verify(
                [
                    "--url", url, "--signature", signature, "--body", webhook.form,
                    "--tokens-command", "/bin/sh \(folder.path("command"))",
                ], environment: [:])
            #expect(result.status == 0, "\(result.errors)")
            try folder.write("exit 3\n", to: "command")
            let failing = try verify(
                [
                    "--url", url, "--signature", signature, "--body", webhook.form,
                    "--tokens-command", "/bin/sh \(folder.path("command"))",
                ], environment: [:])
            #expect(failing.status == 1)
            #expect(failing.errors.contains("--tokens-command: its exit status was 3"))
        }

        @Test(arguments: [
            ["--url", "https://h/"], ["--signature", "s"], ["--body", "x"],
            ["--url", "https://h/", "--signature", "s", "--body", "x", "--param", "a=b"],
            ["--url", "https://h/", "--signature", "s", "--param", "a"],
            ["--url", "h/", "--signature", "s"], ["--urls", "https://h/"],
            ["--url", "https://h/", "--signature", "s", "--body-file", "/nowhere/at/all"],
            ["--origin-from-host"], ["--quarantined", "one"],
            ["--quarantined", "1", "--url", "https://h/", "--signature", "s"],
            ["--quarantined", "1", "--body", "x"],
        ])
        func `wrong usage ends with 2`(arguments: [String]) throws {
            let result = try verify(arguments)
            #expect(result.status == 2, "\(result.errors)")
            #expect(result.output.isEmpty && !result.errors.isEmpty)
        }

        @Test func `what serve needs is needed here too`() throws {
            let request = try webhook.request()
            let origin = try verify([], input: request)
            #expect(origin.status == 1)
            #expect(origin.errors.contains("--public-url: is missing"))
            let token = try verify(
                ["--url", url, "--signature", signature], environment: [:])
            #expect(token.status == 1)
            #expect(token.errors.contains("TWILIO_AUTH_TOKEN"))
        }
    }
}

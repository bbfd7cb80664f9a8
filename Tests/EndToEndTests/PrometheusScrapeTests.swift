import Foundation
import TestSupport
import Testing

/// A real Prometheus scrapes the real program; what is counted and labelled there is what was sent.
extension EndToEnd {
    @Suite struct PrometheusScrapeTests {
        /// Fetches a receiver's page for a server, with another `Accept`.
        private func relay(_ receiver: Receiver, accept: String) throws -> LoopbackServer {
            let port = receiver.opsPort
            return try LoopbackServer { _, connection in
                guard let client = try? RawClient(port: port) else { return false }
                client.send(
                    "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                        + "Accept: \(accept)\r\nAccept-Encoding: gzip\r\n\r\n")
                connection.send(client.rest())
                return false
            }
        }

        private func accepted(_ job: String, _ suffix: String) -> String {
            "hookline_webhook_duration_seconds\(suffix){job=\"\(job)\",route=\"whatsapp\","
                + "outcome=\"accepted\"}"
        }

        /// Waits for a scrape that has seen 20 webhooks, and compares what the server counted with
        /// what the page says of itself.
        private func expectScraped(
            _ server: PrometheusServer, _ job: String, isNative: Bool = false
        ) throws {
            let query =
                isNative ? "histogram_count(\(accepted(job, "")))" : accepted(job, "_count")
            let complaints = { server.complaints(of: job) }
            #expect(try eventually { try server.value(query) == 20 }, "\(complaints())")
            let of = "{job=\"\(job)\"}"
            #expect(try server.value("up\(of)") == 1)
            let difference =
                "scrape_samples_scraped\(of) - on (job) hookline_metric_handler_series\(of)"
            #expect(try server.value(difference) == 0)
            #expect(try server.value("scrape_samples_scraped\(of)") ?? 0 > 30)
            #expect(complaints() == [])
        }

        /// Formats in which a receiver was scraped.
        private func formats(_ receiver: Receiver) throws -> Set<String> {
            let metrics = try receiver.metrics()
            return Set(
                ["text", "openmetrics", "protobuf"].filter { format in
                    let count = "metric_handler_render_duration_seconds_count"
                    return metrics["\(count){format=\"\(format)\"}"] ?? 0 > 0
                })
        }

        @Test func `R13 Prometheus scrapes both texts, native histograms here or not`()
            throws
        {
            let classic = try Receiver()
            let native = try Receiver(["--native-histograms"])
            let relay = try relay(classic, accept: "text/plain;version=0.0.4")
            let server = try PrometheusServer(scraping: [
                "text": relay.port, "native": native.opsPort,
            ])
            #expect(try classic.send(20).status == 0)
            #expect(try native.send(20).status == 0)
            try expectScraped(server, "text")
            try expectScraped(server, "native")
            let largest =
                #"hookline_webhook_receipt_duration_seconds_bucket{le="+Inf",job="native"}"#
            #expect(try server.value(largest) == 20)
            #expect(try formats(classic) == ["text"])
            #expect(try formats(native) == ["openmetrics"])
        }

        @Test func `Prometheus with native histograms scrapes protobuf where it is on`() throws {
            let classic = try Receiver()
            let native = try Receiver(["--native-histograms"])
            let server = try PrometheusServer(
                scraping: ["classic": classic.opsPort, "native": native.opsPort],
                features: ["native-histograms"])
            #expect(try classic.send(20).status == 0)
            #expect(try native.send(20).status == 0)
            try expectScraped(server, "classic")
            try expectScraped(server, "native", isNative: true)
            let longest = try #require(
                try server.value("histogram_quantile(1, \(accepted("native", "")))"))
            #expect(longest > 0 && longest < 30)
            #expect(try formats(classic) == ["openmetrics"])
            #expect(try formats(native) == ["protobuf"])
        }

        @Test func `nothing that a stranger sends becomes a series`() throws {
            let receiver = try Receiver()
            #expect(try receiver.send(2).status == 0)
            let before = try series(receiver)
            #expect(before.count > 300)
            for number in 0..<20 {
                let text = "x\(number)%22%0A{le=\"1\"}"
                for request in [
                    "POST /\(text) HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n",
                    "GET /webhook/whatsapp?AccountSid=AC\(text) HTTP/1.1\r\nHost: h\r\n\r\n",
                    "PURGE\(number) /metrics HTTP/1.1\r\nHost: h\r\n\r\n",
                    "POST /webhook/sms HTTP/1.1\r\nHost: h\r\nUser-Agent: \(text)\r\n"
                        + "Content-Type: text/\(text)\r\nContent-Length: 0\r\n\r\n",
                ] {
                    let client = try RawClient(port: receiver.webhookPort)
                    client.send(request)
                    _ = client.response()
                }
                var webhook = SignedWebhook(sid: "SM\(text)", body: text)
                webhook.fields[0].value = "AC\(text)"
                let client = try RawClient(port: receiver.webhookPort)
                client.send(try webhook.request())
                #expect(client.response()?.status == 200)
            }
            #expect(try series(receiver) == before)
            let scrape = try receiver.scrape(accept: Receiver.acceptOfServer2)
            #expect(try ExpositionOracle.check("openmetrics", scrape.body).faults == [])
        }

        @Test func `the metrics can be scraped while the last requests are answered`() throws {
            let faults = try DiskFaults()
            let receiver = try Receiver(faults: faults)
            try faults.delay(milliseconds: 700)
            let client = try RawClient(port: receiver.webhookPort)
            client.send(try SignedWebhook(sid: "SM1").request())
            #expect(try eventually { try receiver.metrics()["requests_waiting"] == 1 })
            receiver.process.signal(SIGTERM)
            #expect(try eventually { try receiver.ops("/readyz").status == 503 })
            let metrics = try receiver.metrics()
            #expect(metrics["requests_waiting"] == 1)
            #expect(metrics[#"validations_total{result="valid"}"#] == 1)
            #expect(client.response()?.status == 200)
            #expect(receiver.process.wait() == 0)
        }

        /// All series of a page but the gauges that may be absent.
        private func series(_ receiver: Receiver) throws -> Set<Substring> {
            let lines = try receiver.scrape().text.split(separator: "\n")
            return Set(
                lines.filter { !$0.hasPrefix("#") && !$0.contains("oldest_message") }
                    .map { $0[..<($0.lastIndex(of: " ") ?? $0.endIndex)] })
        }
    }
}

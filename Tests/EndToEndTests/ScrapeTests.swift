import Foundation
import TestSupport
import Testing

/// `/metrics` of the real program, as scrapers ask for it.
extension EndToEnd {
    @Suite struct ScrapeTests {
        /// A receiver that has had every kind of request.
        private func busy(_ arguments: [String] = []) throws -> Receiver {
            let receiver = try Receiver(arguments)
            #expect(try receiver.send(20).status == 0)
            #expect(try receiver.send(5, ["--media", "--duplicate"]).status == 0)
            _ = try receiver.send(3, ["--bad-signature"])
            return receiver
        }

        private func check(_ scrape: Scrape, _ format: String, later: Scrape? = nil) throws {
            let verdict = try ExpositionOracle.check(format, scrape.body, later: later?.body)
            #expect(verdict.faults == [])
            let series = Metrics(scrape.text)["metric_handler_series"]
            #expect(series == verdict.number("samples").map(Double.init))
        }

        @Test func `each server gets the format that it asks for, without a fault`() throws {
            let receiver = try busy()
            let text = "text/plain; version=0.0.4; charset=utf-8"
            let openMetrics = "application/openmetrics-text; version=1.0.0; charset=utf-8"
            let asked: [(accept: String?, type: String)] = [
                (nil, text), ("*/*", text), (";;=,\"", text),
                (Receiver.acceptOfServer2, openMetrics),
                (Receiver.acceptOfServer2Native, openMetrics),
                (Receiver.acceptOfServer3, openMetrics + "; escaping=allow-utf-8"),
            ]
            for (accept, type) in asked {
                let scrape = try receiver.scrape(accept: accept)
                #expect(scrape.status == 200)
                #expect(scrape.field("Content-Type") == type)
                #expect(scrape.field("Content-Length") == "\(scrape.body.count)")
                #expect(scrape.field("Vary") == "Accept, Accept-Encoding")
                #expect(scrape.field("Content-Encoding") == nil)
                try check(
                    scrape, type == text ? "text" : "openmetrics",
                    later: receiver.scrape(
                        accept: accept))
            }
            let pages = [
                try receiver.scrape(), try receiver.scrape(accept: Receiver.acceptOfServer2),
            ]
            #expect(try ExpositionOracle.ask("same", [], pages.map(\.body)).faults == [])
            let lint = try ChildProcess.run(
                "/usr/bin/promtool", ["check", "metrics"], input: pages[0].body)
            #expect(lint.status == 0 && lint.output + lint.errors == "", "\(lint)")
        }

        @Test func `protobuf is sent where it is switched on and asked for`() throws {
            let receiver = try busy(["--native-histograms", "--created-timestamps"])
            let scrape = try receiver.scrape(accept: Receiver.acceptOfServer2Native)
            #expect(
                scrape.field("Content-Type")
                    == "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; "
                    + "encoding=delimited")
            let verdict = try ExpositionOracle.ask("protobuf", [], [scrape.body])
            #expect(verdict.faults == [])
            let series = #"hookline_webhook_duration_seconds{route="whatsapp",outcome="accepted"}"#
            #expect(verdict.lines.contains { $0.hasPrefix(series + " schema 3 ") })
            #expect(verdict.lines.contains { $0.hasPrefix(series + " count 25 ") })
            // Who does not ask for it still has the classic buckets.
            let classic = try receiver.scrape(accept: Receiver.acceptOfServer2)
            try check(classic, "openmetrics")
            // Creation times are asked for here, so they are there.
            #expect(classic.text.contains("\nhookline_webhook_receipt_duration_seconds_created 1"))
            #expect(!(try receiver.scrape()).text.contains("_created"))
        }

        @Test func `a page is compressed once and only where that is wanted`() throws {
            let receiver = try busy()
            for accept in [nil, Receiver.acceptOfServer2] {
                let packed = try receiver.scrape(accept: accept, coding: "gzip")
                #expect(packed.field("Content-Encoding") == "gzip")
                #expect(packed.field("Content-Length") == "\(packed.body.count)")
                #expect(packed.field("Vary") == "Accept, Accept-Encoding")
                let page = try packed.unpacked()
                #expect(page.count > 5 * packed.body.count)
                let format = accept == nil ? "text" : "openmetrics"
                #expect(try ExpositionOracle.check(format, page).faults == [])
            }
            for coding in ["gzip;q=0", "identity", "br"] {
                let plain = try receiver.scrape(coding: coding)
                #expect(plain.field("Content-Encoding") == nil)
                #expect(plain.field("Vary") == "Accept, Accept-Encoding")
                #expect(plain.text.hasPrefix("# HELP"))
            }
        }

        @Test func `HEAD has the same head and no body, other methods are not allowed`() throws {
            let receiver = try Receiver()
            for coding in [nil, "gzip"] {
                let head = try receiver.scrape(coding: coding, method: "HEAD")
                #expect(head.status == 200)
                #expect(head.body.isEmpty)
                #expect(head.field("Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
                #expect(head.field("Content-Encoding") == coding)
                #expect((Int(head.field("Content-Length") ?? "") ?? 0) > 1000)
            }
            for method in ["POST", "PUT", "DELETE", "OPTIONS", "get"] {
                let refused = try receiver.scrape(method: method)
                #expect(refused.status == 405)
                #expect(refused.field("Allow") == "GET, HEAD")
            }
            let metrics = try receiver.metrics()
            #expect(metrics[#"metric_handler_requests_total{code="200"}"#] == 2)
            #expect(metrics[#"metric_handler_requests_total{code="405"}"#] == 5)
        }

        @Test func `only so many scrapes are under way, and a place is given back`() throws {
            let receiver = try Receiver(["--scrapes-max", "2"])
            let request = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"
            var stalled = try (0..<2).map { _ in
                // Asks for far more than the kernel keeps for it, and reads nothing.
                let client = try RawClient(port: receiver.opsPort, receiveBytes: 2048)
                client.send(String(repeating: request, count: 400))
                return client
            }
            var refused: Scrape?
            #expect(
                try eventually {
                    refused = try receiver.scrape()
                    return refused?.status == 503
                })
            #expect(refused?.field("Retry-After") == "1")
            // One of them goes away: its place is free again.
            stalled.removeLast()
            #expect(try eventually { try receiver.scrape().status == 200 })
            let metrics = try receiver.metrics()
            #expect(metrics["metric_handler_requests_in_flight"] == 2)
            #expect(metrics[#"metric_handler_errors_total{cause="busy"}"#] ?? 0 >= 1)
            #expect(metrics[#"metric_handler_errors_total{cause="aborted"}"#] == 1)
            withExtendedLifetime(stalled) {}
        }

        @Test func `a scraper whose time is over gets no page`() throws {
            let receiver = try Receiver()
            #expect(try receiver.scrape(timeout: "0.000000001").status == 503)
            for timeout in ["10", "0", "-1", "nan", "inf", "1e300", "soon", ""] {
                #expect(try receiver.scrape(timeout: timeout).status == 200)
            }
            let metrics = try receiver.metrics()
            #expect(metrics[#"metric_handler_errors_total{cause="timeout"}"#] == 1)
            #expect(metrics[#"metric_handler_requests_total{code="503"}"#] == 1)
        }

        @Test func `a scrape is counted as a scrape and not as a webhook`() throws {
            let receiver = try Receiver()
            let before = try receiver.metrics()
            for accept in [nil, Receiver.acceptOfServer2] {
                _ = try receiver.scrape(accept: accept)
            }
            let after = try receiver.metrics()
            let count = "metric_handler_render_duration_seconds_count"
            for (format, number) in [("text", 2.0), ("openmetrics", 1), ("protobuf", 0)] {
                let series = "\(count){format=\"\(format)\"}"
                #expect((after[series] ?? 0) - (before[series] ?? 0) == number)
            }
            #expect(after["metric_handler_requests_in_flight"] == 1)
            #expect(after["exemplars_dropped_total"] == 0)
            #expect(after.sum("webhook_duration_seconds_count") == 0)
            #expect(after.sum("metric_handler_errors_total") == 0)
        }
    }
}

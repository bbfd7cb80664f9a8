import Foundation
import TestSupport
import Testing

/// No text from outside becomes a label, so nobody outside can make series
/// (https://prometheus.io/docs/practices/instrumentation/#do-not-overuse-labels).
extension EndToEnd {
    @Suite struct LabelTests {
        /// The series of a page; the age of the oldest message comes and goes with the queue.
        private func series(_ receiver: Receiver) throws -> Set<Substring> {
            let lines = try receiver.ops("/metrics").body.split(separator: "\n")
            return Set(
                lines.filter { !$0.hasPrefix("#") && !$0.contains("oldest_message_age") }
                    .compactMap { line in line.lastIndex(of: " ").map { line[..<$0] } })
        }

        private static let nasty = [
            "\"} 1", "a\\", "${x}", "../../etc/passwd", "évil", "{le=\"1\"}", "%0aevil_total%201",
            String(repeating: "x", count: 3000),
        ]

        @Test func `hostile paths, methods, SIDs, agents and hosts add no series`() throws {
            let receiver = try Receiver()
            #expect(try receiver.send(1).status == 0)
            let hasWindow = try eventually {
                try receiver.metrics()["webhook_window_success_ratio"] == 1
            }
            #expect(hasWindow)
            let before = try series(receiver)
            #expect(before.count > 1000)
            var statuses: Set<Int> = []
            func ask(_ request: String, port: UInt16? = nil) throws {
                let client = try RawClient(port: port ?? receiver.webhookPort)
                client.send(request)
                statuses.insert(client.response()?.status ?? 0)
            }
            for (number, text) in Self.nasty.enumerated() {
                let path = text.replacing(" ", with: "").replacing("\"", with: "'")
                for port in [receiver.webhookPort, receiver.opsPort] {
                    try ask("GET /\(path) HTTP/1.1\r\nHost: h\r\n\r\n", port: port)
                    try ask("EVIL\(number) /metrics HTTP/1.1\r\nHost: h\r\n\r\n", port: port)
                    try ask(
                        "get /webhook/whatsapp HTTP/1.1\r\nHost: \(path.prefix(80))\r\n\r\n",
                        port: port)
                }
                var webhook = SignedWebhook(sid: "SM" + text, path: "/webhook/status")
                webhook.fields[0].value = "AC" + text
                webhook.fields += [
                    ("MessageStatus", text), ("ErrorCode", text), ("EventType", text),
                ]
                let request = try webhook.request().replacing(
                    "Content-Length:",
                    with: "User-Agent: \(path)\r\ntraceparent: \(path)\r\nContent-Length:")
                try ask(request)
                try ask(webhook.request(signature: text))
            }
            #expect(statuses.isSuperset(of: [200, 403, 404, 405]))
            // What was accepted is delivered, and the monitor has looked again.
            #expect(try eventually { try receiver.metrics().sum("queue_depth") == 0 })
            let after = try series(receiver)
            #expect(after.subtracting(before) == [] && before.subtracting(after) == [])
            #expect(after.count == before.count)
            #expect(try !receiver.ops("/metrics").body.lowercased().contains("evil"))
        }
    }
}

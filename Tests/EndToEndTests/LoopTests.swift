import Foundation
import Synchronization
import TestSupport
import Testing

/// A destination that leads back to Hookline loses no message.
extension EndToEnd {
    @Suite struct LoopTests {
        /// A proxy that hands on what it gets, once it knows where to.
        private final class Proxy: Sendable {
            let server: LoopbackServer
            private let port: PortBox

            private final class PortBox: Sendable {
                let port = Mutex<UInt16?>(nil)
            }

            init() throws {
                let box = PortBox()
                port = box
                server = try LoopbackServer { request, connection in
                    guard let port = box.port.withLock({ $0 }),
                        let client = try? RawClient(port: port)
                    else { return false }
                    client.send(request.head + request.body)
                    guard let answer = client.response() else { return false }
                    return connection.send("\(answer.head)\r\n\r\n\(answer.body)")
                }
            }

            func lead(to port: UInt16) { self.port.port.withLock { $0 = port } }
        }

        private static let quick = [
            "--retry-initial", "20ms", "--retry-cap", "50ms", "--retry-window", "1s",
        ]

        @Test func `a message that comes back is answered 508, and is a dead letter in the end`()
            throws
        {
            let proxy = try Proxy()
            let receiver = try Receiver(
                ["--forward-to", proxy.server.url("/webhook/whatsapp")] + Self.quick)
            proxy.lead(to: receiver.webhookPort)
            #expect(try receiver.send(1).status == 0)
            #expect(try eventually { try receiver.metrics()["dead_letters"] == 1 })
            #expect(proxy.server.requests.count > 1)
            let shown = try receiver.command(["queue", "list"]).output
            #expect(shown.contains("HTTP 508") && shown.contains("expired"))
            #expect(try receiver.metrics()[#"errors_total{type="loop"}"#] ?? 0 > 1)
            let lines = receiver.log.split(separator: "\n").filter { $0.contains("came back") }
            #expect(lines.count == 1)
            #expect(receiver.log.contains("\"reason\":\"loop\",\"status\":508"))
            #expect(receiver.stop() == 0)
        }

        @Test func `machines with one queue answer each other's requests 508`() throws {
            let redis = try SharedRedis()
            let proxy = try Proxy()
            let arguments =
                ["--forward-to", proxy.server.url("/webhook/whatsapp")] + Self.quick + redis.queue
            let one = try Receiver(arguments)
            let two = try Receiver(arguments)
            proxy.lead(to: two.webhookPort)
            #expect(try one.send(3).status == 0)
            #expect(try eventually { try one.metrics()["dead_letters"] == 3 })
            #expect(one.stop() == 0 && two.stop() == 0)
        }

        @Test func `two installations behind each other deliver a message once`() throws {
            let application = try Application()
            let inner = try Receiver(["--forward-to", application.url])
            let outer = try Receiver(["--forward-to", inner.url()])
            #expect(try outer.send(5).status == 0)
            #expect(eventually { application.taken.count == 5 })
            #expect(try eventually { try outer.metrics().sum("queue_depth") == 0 })
            #expect(application.requests.count == 5)
            let head = try #require(application.requests.first).headText
            #expect(head.matches(of: /Hookline-Via: [0-9a-f]{16}\r\n/).count == 2)
            #expect(outer.stop() == 0 && inner.stop() == 0)
        }

        @Test func `a ring of two installations ends, and keeps the message`() throws {
            let proxy = try Proxy()
            let outer = try Receiver(
                ["--forward-to", proxy.server.url("/webhook/whatsapp")] + Self.quick)
            let inner = try Receiver(["--forward-to", outer.url()] + Self.quick)
            proxy.lead(to: inner.webhookPort)
            #expect(try outer.send(1).status == 0)
            #expect(try eventually { try inner.metrics()["dead_letters"] == 1 })
            #expect(try outer.metrics().sum("queue_depth") == 0)
            #expect(outer.stop() == 0 && inner.stop() == 0)
        }

        @Test func `a destination that is seen to lead back is refused at the start`() throws {
            let port = try LoopbackSocket.closedPort()
            let result = try ChildProcess.run(
                Repository.hookline,
                [
                    "check-config", "--origin-from-host", "--listen", "0.0.0.0:\(port)",
                    "--forward-to", "http://localhost:\(port)/application",
                ], environment: ["TWILIO_AUTH_TOKEN": Receiver.token])
            #expect(result.status == 2)
            #expect((result.output + result.errors).contains("leads back to Hookline itself"))
        }
    }
}

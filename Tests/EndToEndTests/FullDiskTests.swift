import Foundation
import Glibc
import TestSupport
import Testing

/// A full disk: said, survived and left again without a restart. On file systems of their own, so
/// as root only.
extension EndToEnd {
    @Suite struct FullDiskTests {
        /// A file system in memory of so many MiB, mounted as the data folder.
        private final class SmallDisk {
            let folder: TemporaryFolder
            var data: String { folder.path("data") }

            init(mebibytes: Int) throws {
                folder = try TemporaryFolder()
                let run = try ChildProcess.run(
                    "sh",
                    [
                        "-c",
                        "mkdir -m 700 \"$0\" && mount -t tmpfs -o size=\(mebibytes)m none \"$0\"",
                        folder.path("data"),
                    ])
                guard run.status == 0 else { throw ChildProcess.Failure(run.errors) }
            }

            deinit { _ = try? ChildProcess.run("umount", ["-l", data]) }

            /// Takes every byte that is left.
            func fill() {
                let file = open(data + "/filler", O_WRONLY | O_CREAT | O_APPEND, 0o600)
                let page = [UInt8](repeating: 0, count: 4096)
                while write(file, page, page.count) > 0 {}
                close(file)
            }

            func makeRoom() { unlink(data + "/filler") }
        }

        /// Sends one webhook: its status, and how long that took.
        private func send(_ receiver: Receiver, _ number: Int) throws -> (Int, Duration) {
            let client = try RawClient(port: receiver.webhookPort)
            let clock = ContinuousClock()
            let start = clock.now
            let sid = "SM" + String(repeating: "0", count: 26) + String(100_000 + number)
            client.send(try SignedWebhook(sid: sid).request())
            let response = client.response()
            return (response?.status ?? 0, clock.now - start)
        }

        @Test(.enabled(if: getuid() == 0), arguments: [24, 160])
        func `a full disk is refused at once, said, worked off and left without a restart`(
            mebibytes: Int
        ) throws {
            let disk = try SmallDisk(mebibytes: mebibytes)
            let application = try Application()
            application.answer(.init(500))
            let receiver = try Receiver(
                [
                    "--forward-to", application.url, "--retry-initial", "20ms", "--retry-cap",
                    "200ms",
                ], folder: disk.folder)
            #expect(try receiver.send(200).status == 0)
            #expect(try receiver.ops("/readyz").status == 200)
            disk.fill()
            var number = 0
            let isRefused = try eventually {
                number += 1
                return try send(receiver, number).0 == 503
            }
            #expect(isRefused)
            // Known to be full: refused at once, and said everywhere.
            for _ in 0..<20 {
                number += 1
                let (status, took) = try send(receiver, number)
                #expect(status == 503 && took < .milliseconds(500))
            }
            let ready = try receiver.ops("/readyz")
            #expect(ready.status == 503 && ready.body.contains("disk of the data folder is full"))
            #expect(eventually { receiver.log.contains("not ready: webhooks are answered 503") })
            let metrics = try receiver.metrics()
            #expect(metrics["not_ready{cause=\"disk_full\"}"] == 1)
            #expect((metrics["webhooks_unavailable_total{cause=\"disk_full\"}"] ?? 0) >= 20)
            // Others eat what the ballast left, and retries go on in the room that they have.
            disk.fill()
            let before = application.requests.count
            #expect(eventually { application.requests.count >= before + 60 })
            // What is owed is worked off on the full disk.
            application.answer(.init(200))
            #expect(try eventually { try receiver.metrics().sum("queue_depth") == 0 })
            #expect(Set(application.taken).count >= 200)
            application.answer(.init(500))
            #expect(try eventually { try send(receiver, number + 1).0 == 503 })
            disk.makeRoom()
            #expect(try eventually(seconds: 5) { try receiver.ops("/readyz").status == 200 })
            for _ in 0..<20 {
                number += 1
                #expect(try send(receiver, number).0 == 200)
            }
            #expect(eventually { receiver.log.contains("ready again") })
            #expect(receiver.stop() == 0)
        }

        @Test(.enabled(if: getuid() == 0))
        func `a start on a full disk forwards what is owed`() throws {
            let disk = try SmallDisk(mebibytes: 24)
            let application = try Application()
            application.answer(.init(500))
            let receiver = try Receiver(
                [
                    "--forward-to", application.url, "--retry-initial", "20ms", "--retry-cap",
                    "200ms",
                ], folder: disk.folder)
            #expect(try receiver.send(100).status == 0)
            receiver.kill()
            disk.fill()
            try receiver.restart()
            let ready = try receiver.ops("/readyz")
            #expect(ready.status == 503 && ready.body.contains("disk of the data folder is full"))
            #expect(try send(receiver, 1).0 == 503)
            application.answer(.init(200))
            #expect(try eventually { try receiver.metrics().sum("queue_depth") == 0 })
            #expect(Set(application.taken).count >= 100)
            disk.makeRoom()
            #expect(try eventually(seconds: 5) { try receiver.ops("/readyz").status == 200 })
            #expect(try send(receiver, 2).0 == 200)
            #expect(receiver.stop() == 0)
        }
    }
}

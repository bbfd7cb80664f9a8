import Foundation
import TestSupport
import Testing

/// What becomes of the store's files is never passed over in silence.
extension EndToEnd {
    @Suite struct StoreLossTests {
        /// Where nobody listens, asked once.
        private static let nowhere = [
            "--forward-to", "http://127.0.0.1:1/", "--retry-initial", "1h", "--retry-cap", "1h",
        ]

        private func owing(_ count: Int) throws -> Receiver {
            let receiver = try Receiver(Self.nowhere)
            #expect(try receiver.send(count).status == 0)
            return receiver
        }

        @Test(arguments: ["gone", "empty", "log gone"])
        func `a lost database is said, counted and no reason to refuse webhooks`(
            _ what: String
        ) throws {
            let receiver = try owing(20)
            let database = receiver.folder.path("data/hookline.sqlite")
            if what == "log gone" { receiver.kill() } else { #expect(receiver.stop() == 0) }
            try FileManager.default.removeItem(
                atPath: database + (what == "log gone" ? "-wal" : ""))
            if what == "empty" { try receiver.folder.write([], to: "data/hookline.sqlite") }
            try receiver.restart()
            #expect(receiver.log.contains("\"owed\":20"), "\(receiver.log)")
            #expect(try receiver.metrics()["store_lost_messages_total"] == 20)
            #expect(try receiver.metrics()["store_last_loss_timestamp_seconds"] != nil)
            #expect(try receiver.ops("/readyz").status == 200)
            #expect(try receiver.send(3).status == 0)
            #expect(receiver.stop() == 0)
            try receiver.restart()
            #expect(try receiver.metrics()["store_lost_messages_total"] == 20)
            #expect(receiver.stop() == 0)
        }

        @Test func `a changed byte of a stored body is not forwarded`() throws {
            let application = try Application()
            application.answer(.init(500))
            let receiver = try Receiver(
                ["--forward-to", application.url, "--retry-initial", "1h", "--retry-cap", "1h"])
            #expect(try receiver.send(5).status == 0)
            #expect(receiver.stop() == 0)
            let changed = try ChildProcess.run(
                Repository.python,
                [
                    "-c",
                    "import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); "
                        + "c.execute('UPDATE delivery SET state=0, due_ms=0'); "
                        + "b=c.execute('SELECT body FROM delivery WHERE id=3').fetchone()[0]; "
                        + "c.execute('UPDATE delivery SET body=? WHERE id=3', "
                        + "(bytes([b[0]^1])+b[1:],)); c.commit()",
                    receiver.folder.path("data/hookline.sqlite"),
                ])
            #expect(changed.status == 0, "\(changed.errors)")
            application.answer(.init(200))
            try receiver.restart()
            #expect(eventually { application.taken.count == 4 })
            #expect(try eventually { try receiver.metrics()["dead_letters"] == 1 })
            #expect(try receiver.metrics().sum("corrupt_rows_total", "delivery") == 1)
            #expect(receiver.log.contains("checksum"))
            let retried = try receiver.command(["queue", "retry", "3"])
            #expect(retried.status == 1)
            #expect(retried.output.contains("never forwarded"), "\(retried.output)")
            #expect(try receiver.command(["queue", "discard", "3"]).status == 0)
            #expect(receiver.stop() == 0)
            #expect(application.taken.count == 4)
        }

        @Test func `a database that is damaged while running is replaced and webhooks get 200`()
            throws
        {
            let receiver = try owing(300)
            #expect(receiver.stop() == 0)
            try receiver.restart()
            // A change by somebody else makes the server read again what it has in memory.
            let damaged = try ChildProcess.run(
                Repository.python,
                [
                    "-c",
                    "import os,sqlite3,sys; c=sqlite3.connect(sys.argv[1]); "
                        + "c.execute('UPDATE clock SET wall_ms=wall_ms-1'); "
                        + "c.commit(); h=open(sys.argv[1],'r+b'); h.seek(4096); "
                        + "h.write(b'\\xa5'*(os.path.getsize(sys.argv[1])-4096)); h.flush(); "
                        + "os._exit(0)",
                    receiver.folder.path("data/hookline.sqlite"),
                ])
            #expect(damaged.status == 0, "\(damaged.errors)")
            #expect(try receiver.send(20).status == 0)
            #expect(try eventually { try receiver.metrics()["store_damaged_files"] == 1 })
            #expect(try receiver.metrics()["store_lost_messages_total"] ?? 0 > 0)
            #expect(try receiver.send(20).status == 0)
            #expect(try receiver.ops("/readyz").status == 200)
            #expect(receiver.log.contains("damaged"))
            #expect(receiver.process.exitStatus == nil)
            #expect(receiver.stop() == 0)
        }

        @Test func `a folder that is replaced under the server ends intake and stays locked`()
            throws
        {
            let receiver = try owing(20)
            let data = receiver.folder.path("data")
            try FileManager.default.moveItem(atPath: data, toPath: data + ".gone")
            try FileManager.default.createDirectory(
                atPath: data, withIntermediateDirectories: false,
                attributes: [.posixPermissions: 0o700])
            #expect(try eventually { try receiver.ops("/readyz").status == 503 })
            #expect(try receiver.metrics()["data_dir_intact"] == 0)
            #expect(try receiver.send(1).status != 0)
            #expect(receiver.log.contains("taken away under the running server"))
            let second = try ChildProcess.run(
                Repository.hookline,
                [
                    "serve", "--dev", "--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0",
                    "--data-dir", data,
                ])
            #expect(second.status == 1)
            #expect(second.errors.contains("in use by another hookline"))
            // What is owed is copied to where the folder was.
            _ = receiver.stop()
            try receiver.restart()
            #expect(try receiver.metrics().sum("queue_depth") == 20)
            #expect(receiver.stop() == 0)
        }

        @Test func `a folder that comes back is used again`() throws {
            let receiver = try owing(3)
            let data = receiver.folder.path("data")
            try FileManager.default.moveItem(atPath: data, toPath: data + ".gone")
            #expect(try eventually { try receiver.ops("/readyz").status == 503 })
            try? FileManager.default.removeItem(atPath: data)
            try FileManager.default.moveItem(atPath: data + ".gone", toPath: data)
            #expect(try eventually { try receiver.ops("/readyz").status == 200 })
            #expect(try receiver.send(2).status == 0)
            #expect(receiver.stop() == 0)
            try receiver.restart()
            #expect(try receiver.metrics().sum("queue_depth") == 5)
            #expect(receiver.stop() == 0)
        }

        @Test(arguments: ["hookline.sqlite", "store-marker", "lock"])
        func `a file of the store that is removed under the server ends intake`(
            _ name: String
        ) throws {
            let receiver = try owing(3)
            try FileManager.default.removeItem(atPath: receiver.folder.path("data/" + name))
            #expect(try eventually { try receiver.ops("/readyz").status == 503 })
            #expect(try receiver.send(1).status != 0)
            #expect(receiver.log.contains("data/\(name) was removed"))
            _ = receiver.stop()
        }
    }
}

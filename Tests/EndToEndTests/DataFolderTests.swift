import Foundation
import TestSupport
import Testing

/// Nobody else on the machine reads the data folder.
extension EndToEnd {
    @Suite struct DataFolderTests {
        private func mode(_ path: String) throws -> Int {
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            return (attributes[.posixPermissions] as? Int) ?? -1
        }

        @Test func `a folder that others could read is put right, and a line says so`() throws {
            let receiver = try Receiver()
            #expect(receiver.stop() == 0)
            let data = receiver.folder.path("data")
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: data)
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o644], ofItemAtPath: data + "/hookline.sqlite")
            try receiver.restart()
            #expect(try mode(data) == 0o700)
            #expect(receiver.log.contains("\"mode\":\"755\""))
            for name in try FileManager.default.contentsOfDirectory(atPath: data) {
                #expect(try mode(data + "/" + name) & 0o077 == 0, "\(name)")
            }
            #expect(receiver.stop() == 0)
        }

        @Test(arguments: ["hookline.sqlite", "lock", "store-marker", "taken-directly"])
        func `a symbolic link in the place of a file is refused and not followed`(
            _ name: String
        ) throws {
            let receiver = try Receiver()
            #expect(receiver.stop() == 0)
            let path = receiver.folder.path("data/" + name)
            try? FileManager.default.removeItem(atPath: path)
            try receiver.folder.write("mine", to: "elsewhere")
            try FileManager.default.createSymbolicLink(
                atPath: path, withDestinationPath: receiver.folder.path("elsewhere"))
            #expect(throws: ChildProcess.Failure.self) { try receiver.restart() }
            #expect(receiver.process.wait() == 1)
            #expect(receiver.log.contains("symbolic link"))
            #expect(receiver.folder.text("elsewhere") == "mine")
        }

        @Test func `a folder of another user is refused`() throws {
            // Only root can give a folder away.
            guard getuid() == 0 else { return }
            let receiver = try Receiver()
            #expect(receiver.stop() == 0)
            try FileManager.default.setAttributes(
                [.ownerAccountID: 65_534], ofItemAtPath: receiver.folder.path("data"))
            #expect(throws: ChildProcess.Failure.self) { try receiver.restart() }
            #expect(receiver.process.wait() == 1)
            #expect(receiver.log.contains("belongs to user 65534"))
        }

        @Test func `a crash leaves no image of the memory unless it is asked for`() throws {
            let receiver = try Receiver()
            func limits(_ receiver: Receiver) throws -> (String, String) {
                let process = "/proc/\(receiver.process.processID)/"
                let limits = try String(contentsOfFile: process + "limits", encoding: .utf8)
                let line = limits.split(separator: "\n").first { $0.hasPrefix("Max core") } ?? ""
                let filter = try String(
                    contentsOfFile: process + "coredump_filter", encoding: .utf8)
                return (line.split(separator: " ").map(String.init)[4], filter)
            }
            let (limit, filter) = try limits(receiver)
            #expect(limit == "0")
            #expect(Int(filter.prefix(8), radix: 16) == 0)
            #expect(receiver.stop() == 0)
            let debugged = try Receiver(["--core-dumps"])
            #expect(try Int(limits(debugged).1.prefix(8), radix: 16) != 0)
            #expect(debugged.stop() == 0)
        }

        @Test func `the tokens command sees what is named and none of our variables`() throws {
            let folder = try TemporaryFolder()
            let script =
                "#!/bin/sh\nenv > \"\(folder.path("seen"))\"\necho \(Receiver.token)\n"
            try folder.write(script, to: "tokens")
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o700], ofItemAtPath: folder.path("tokens"))
            let receiver = try Receiver(
                [
                    "--tokens-command", folder.path("tokens"), "--tokens-command-environment",
                    "VAULT_ADDR",
                ],
                folder: folder,
                environment: [
                    "VAULT_ADDR": "https://vault", "OTHER": "x", "HOOKLINE_LOG_LEVEL": "info",
                ],
                authToken: nil)
            let message = SignedWebhook(
                sid: "SM1", account: "AC" + String(repeating: "1", count: 32))
            let client = try RawClient(port: receiver.webhookPort)
            client.send(try message.request())
            #expect(client.response()?.status == 200)
            #expect(eventually { folder.text("seen").contains("VAULT_ADDR=https://vault") })
            let seen = folder.text("seen")
            #expect(seen.contains("PATH="))
            #expect(!seen.contains("HOOKLINE_") && !seen.contains("TWILIO_"))
            #expect(!seen.contains("OTHER="))
            #expect(receiver.stop() == 0)
        }
    }
}

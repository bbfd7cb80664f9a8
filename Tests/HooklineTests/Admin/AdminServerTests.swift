import Foundation
import POSIX
import TestSupport
import Testing

@testable import Hookline

/// The protocol over a real socket.
@Suite struct AdminServerTests {
    private let folder: TemporaryFolder
    private let live: LiveStore
    private let client: AdminClient

    init() throws {
        folder = try TemporaryFolder()
        live = try LiveStore(path: folder.path("store"))
        client = AdminClient(dataDirectory: folder.path)
    }

    private func serving<Value>(_ body: () throws -> Value) throws -> Value {
        let server = AdminServer(desk: Desk.over(live))
        try server.start(path: folder.path("control"))
        defer { server.stop() }
        return try body()
    }

    private func fault(_ line: [UInt8]) throws -> AdminFault.Code? {
        let answer = try client.exchange(line)
        let lines = answer.split(separator: 0x0a)
        #expect(lines.count == 1)
        guard let last = lines.last,
            case .error(let fault) = try JSONDecoder().decode(
                AdminReply.self, from: Data(last))
        else { return nil }
        return fault.code
    }

    @Test func `every line of an answer is JSON and the last one ends it`() throws {
        try serving { () throws -> Void in
            for line in [#"{"verb":"status"}"#, #"{"verb":"list"}"#, #"{"verb":"list","x":1}"#] {
                let answer = try client.exchange(Array((line + "\n").utf8))
                #expect(answer.last == 0x0a)
                var keys: [String] = []
                for part in answer.split(separator: 0x0a) {
                    let object = try JSONSerialization.jsonObject(with: Data(part))
                    keys += (object as? [String: Any])?.keys.sorted() ?? []
                }
                #expect(keys.last == (line.contains("x") ? "error" : "end"))
            }
        }
    }

    @Test func `a faulty line is answered with what is wrong, and the next client is served`()
        throws
    {
        try serving { () throws -> Void in
            #expect(try fault(Array("{\"verb\":\n".utf8)) == .malformed)
            #expect(try fault([0xff, 0xfe, 0x0a]) == .malformed)
            #expect(try fault(Array(#"{"verb":"drop"}"#.utf8) + [0x0a]) == .unknownVerb)
            let long = [UInt8](repeating: 0x20, count: 64 * 1024)
            #expect(try fault(long + [0x0a]) == .malformed)
            #expect(try fault(long + [0x20, 0x0a]) == .tooLong)
            #expect(try fault(long + long + long) == .tooLong)
            #expect(try client.status().rows.count == 2)
        }
    }

    @Test func `a client that says nothing is given up, and the next one is served`() throws {
        try serving { () throws -> Void in
            let silent = try LocalConnection(path: folder.path("control"))
            #expect(try client.status().rows.count == 2)
            let answer = silent.readAll(bytesMax: 1000, timeoutMilliseconds: 10_000)
            #expect(answer.map { String(decoding: $0, as: UTF8.self).contains("too_long") } == true)
        }
    }

    @Test func `without a server the client says so`() throws {
        #expect(throws: AdminError.self) { try client.status() }
        do {
            _ = try client.status()
        } catch {
            #expect(error.description.contains("no hookline serves from \(folder.path)"))
        }
    }
}

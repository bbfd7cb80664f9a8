import Redis
import TestSupport
import Testing

@testable import Hookline

/// What changed in Redis is no more forwarded than what changed on the disk.
@Suite struct StreamEntryTests {
    private static let names = ["identity", "kind", "received", "attempts", "head", "body", "sum"]

    /// An entry as the append script writes it, with the value of one field changed.
    private func entry(_ changed: String = "", to value: [UInt8]? = nil) -> RedisReply {
        let values = StreamEntry.values(Genuine.webhook("SM1"), attempts: 2)
        let parts = zip(Self.names, values).flatMap { name, stored -> [RedisReply] in
            if name == changed, value == nil { return [] }
            let shown = name == changed ? value ?? [] : stored
            return [.bytes(Array(name.utf8)), .bytes(shown)]
        }
        return .array(parts)
    }

    @Test func `an entry is read back, and so is one of an earlier version`() throws {
        let sent = Genuine.webhook("SM1")
        for entry in [entry(), entry("sum"), entry("attempts", to: [0x37])] {
            let read = try #require(StreamEntry.read(entry, priority: .normal))
            #expect(read.webhook.body == sent.body && read.webhook.head == sent.head)
            #expect(!StreamEntry.isCorrupt(entry))
        }
    }

    @Test(arguments: ["identity", "kind", "received", "head", "body", "sum"])
    func `an entry with a changed value is corrupt`(_ name: String) throws {
        let stored = StreamEntry.values(Genuine.webhook("SM1"), attempts: 2)
        var value = stored[try #require(Self.names.firstIndex(of: name))]
        value[value.count - 1] ^= 1
        #expect(StreamEntry.read(entry(name, to: value), priority: .normal) == nil)
        #expect(StreamEntry.isCorrupt(entry(name, to: value)))
    }

    @Test func `an entry that lacks a value is damaged and not corrupt`() {
        #expect(StreamEntry.read(entry("head"), priority: .normal) == nil)
        #expect(!StreamEntry.isCorrupt(entry("head")))
    }
}

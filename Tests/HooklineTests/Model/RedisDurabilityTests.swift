import Redis
import TestSupport
import Testing

@testable import Hookline

@Suite struct RedisDurabilityTests {
    private func settings(_ server: RedisServer) throws -> [Double?] {
        let fixture = try QueueFixture(.socket(path: server.socketPath))
        #expect(eventually { fixture.queue.durability != nil })
        return RedisSetting.allCases.map {
            fixture.page.value("hookline_redis_unsafe_setting{setting=\"\($0.rawValue)\"}")
        }
    }

    @Test(.startsPrograms) func `a Redis that loses nothing is found safe`() throws {
        let server = try RedisServer("appendonly yes\nappendfsync always\n")
        #expect(try settings(server) == [0, 0, 0])
    }

    @Test(.startsPrograms) func `each setting that can lose messages is exported`() throws {
        #expect(try settings(RedisServer()) == [1, 1, 0])
        let second = "appendonly yes\nappendfsync everysec\nmaxmemory-policy allkeys-lru\n"
        #expect(try settings(RedisServer(second)) == [0, 1, 1])
    }

    @Test(.startsPrograms) func `a Redis that does not tell is neither safe nor unsafe`() throws {
        let server = try RedisServer("user default on nopass ~* +@all -config\n")
        #expect(try settings(server) == [nil, nil, nil])
    }

    @Test func `without the append-only file its fsync is of no use`() {
        let reply = RedisReply.array(
            ["appendfsync", "always", "appendonly", "no"].map { .bytes(Array($0.utf8)) })
        let durability = RedisDurability(reply)
        #expect(durability.isSafe(.appendOnly) == false)
        #expect(durability.isSafe(.appendFsync) == false)
        #expect(durability.isSafe(.evictionPolicy) == nil)
    }
}

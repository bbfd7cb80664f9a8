import Testing

@testable import Redis

@Suite struct RedisURLTests {
    @Test(
        arguments: [
            ("redis://localhost", "localhost", 6379, 0),
            ("redis://127.0.0.1:7000/3", "127.0.0.1", 7000, 3),
            ("redis://[::1]:7000", "::1", 7000, 0),
            ("redis://[fe80::1%25eth0]/", "fe80::1%25eth0", 6379, 0),
            ("redis://redis.example.com/15", "redis.example.com", 6379, 15),
            ("redis://a:65535", "a", 65535, 0),
        ] as [(String, String, UInt16, Int)])
    func `host, port and database are read`(
        text: String, host: String, port: UInt16, database: Int
    ) throws {
        let url = try RedisURL(text)
        #expect(url == RedisURL(place: .host(host, port: port), database: database))
    }

    @Test func `a Unix socket's path and database are read`() throws {
        #expect(
            try RedisURL("unix:///run/r s.sock") == RedisURL(place: .socket(path: "/run/r s.sock")))
        #expect(
            try RedisURL("unix:///a%20b?db=2")
                == RedisURL(place: .socket(path: "/a b"), database: 2))
        let long = "/" + String(repeating: "a", count: 106)
        #expect(try RedisURL("unix://" + long).place == .socket(path: long))
    }

    @Test func `sentinels, the master's name and the database are read`() throws {
        func url(_ hosts: [(String, UInt16)], _ master: String, _ database: Int) -> RedisURL {
            let sentinels = hosts.map { RedisURL.Sentinel(host: $0, port: $1) }
            return RedisURL(place: .sentinels(sentinels, master: master), database: database)
        }
        #expect(
            try RedisURL("redis+sentinel://a,b:7000,[::1]:7001,[::2]/my_master.1-x/3")
                == url(
                    [("a", 26379), ("b", 7000), ("::1", 7001), ("::2", 26379)], "my_master.1-x", 3))
        #expect(try RedisURL("redis+sentinel://a:1/m") == url([("a", 1)], "m", 0))
        #expect(try RedisURL("redis+sentinel://a:1/m/") == url([("a", 1)], "m", 0))
        // One that is named twice is asked once.
        #expect(try RedisURL("redis+sentinel://a,a:26379/m") == url([("a", 26379)], "m", 0))
        let most = (1...16).map { ("h\($0)", UInt16(26379)) }
        let text = most.map(\.0).joined(separator: ",")
        #expect(try RedisURL("redis+sentinel://\(text)/m") == url(most, "m", 0))
        #expect(throws: RedisURL.Fault.sentinels) {
            _ = try RedisURL("redis+sentinel://\(text),h17/m")
        }
        var named = url([("a", 1), ("b", 26379)], "m", 2)
        named.credentials = RedisCredentials(user: "me", password: Array("p,/@".utf8))
        #expect(try RedisURL("redis+sentinel://me:p%2c%2f%40@a:1,b/m/2") == named)
    }

    @Test func `user and password are read and never shown`() throws {
        let url = try RedisURL("redis://me:p%40ss%3a%00@h:1/2")
        let expected = RedisCredentials(user: "me", password: Array("p@ss:\0".utf8))
        #expect(url == RedisURL(place: .host("h", port: 1), database: 2, credentials: expected))
        #expect(try RedisURL("redis://:secret@h").credentials?.user == nil)
        #expect(try RedisURL("unix://u:secret@/path").credentials?.user == "u")
        let shown = try RedisURL("redis://:secret@h")
        var dumped = ""
        dump(shown, to: &dumped)
        #expect(!"\(shown)\(dumped)\(String(reflecting: shown))".contains("secret"))
        #expect(!dumped.contains("115"))
    }

    @Test func `the command that presents them has the user only when there is one`() {
        let alone = RedisCredentials(password: [1]).command.arguments
        let named = RedisCredentials(user: "u", password: [1]).command.arguments
        #expect(alone == [Array("AUTH".utf8), [1]])
        #expect(named == [Array("AUTH".utf8), [0x75], [1]])
    }

    @Test(
        arguments: [
            ("", .scheme), ("http://h", .scheme), ("h:6379", .scheme), ("rediss://h", .encrypted),
            ("redis://", .host), ("redis:///1", .host), ("redis://h h", .host),
            ("redis://ä", .host),
            ("redis://[]", .host), ("redis://a,b:1", .host),
            ("redis://" + String(repeating: "a", count: 254), .host),
            ("redis://h:", .port), ("redis://h:0", .port), ("redis://h:65536", .port),
            ("redis://h:x", .port),
            ("redis://h/x", .database), ("redis://h/-1", .database), ("redis://h/1/2", .database),
            ("redis://h/1000000", .database), ("redis://h?db=1", .query),
            ("unix:///s?db=x", .database),
            ("unix:///s?x=1", .query), ("unix://s", .path), ("unix://", .path),
            ("unix:///%00", .path),
            ("unix:///" + String(repeating: "a", count: 107), .path), ("unix:///%ff", .path),
            ("rediss+sentinel://h/m", .encrypted), ("redis+sentinel:/h/m", .scheme),
            ("redis+sentinel:///m", .host), ("redis+sentinel://a,/m", .host),
            ("redis+sentinel://a,,b/m", .host), ("redis+sentinel://a;b/m", .host),
            ("redis+sentinel://a:0,b/m", .port), ("redis+sentinel://a,b:x/m", .port),
            ("redis+sentinel://a,b", .master), ("redis+sentinel://a/", .master),
            ("redis+sentinel://a//1", .master), ("redis+sentinel://a/m m", .master),
            ("redis+sentinel://a/m,n", .master),
            ("redis+sentinel://a/" + String(repeating: "m", count: 129), .master),
            ("redis+sentinel://a/m/x", .database), ("redis+sentinel://a/m/1/2", .database),
            ("redis+sentinel://a/m?db=1", .query), ("redis+sentinel://u@a/m", .credentials),
            ("redis+sentinel://u:%g0@a/m", .escape),
            ("redis://user@h", .credentials), ("redis://user:@h", .credentials),
            ("redis://u:%4@h", .escape), ("redis://u:%+4@h", .escape), ("redis://u:%zz@h", .escape),
        ] as [(String, RedisURL.Fault)])
    func `what is no such URL is refused with its reason`(text: String, fault: RedisURL.Fault) {
        #expect(throws: fault) { _ = try RedisURL(text) }
    }
}

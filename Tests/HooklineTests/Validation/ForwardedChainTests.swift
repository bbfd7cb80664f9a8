import Foundation
import MicroHTTP
import Testing

@testable import Hookline

/// For random clients behind one to three trusted proxies: nothing that a client sends counts.
@Suite struct ForwardedChainTests {
    /// What the outermost proxy was called with; its entry is the one that counts.
    private static let real = "https://hooks.example.com:8443"

    /// Random requests; the seed is in the message of a failure.
    private struct Generator {
        var state: UInt64

        mutating func next(_ bound: Int) -> Int {
            state &+= 0x9e37_79b9_7f4a_7c15
            var bits = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9
            bits = (bits ^ bits >> 27) &* 0x94d0_49bb_1331_11eb
            return Int((bits ^ bits >> 31) % UInt64(bound))
        }

        mutating func pick<Element>(_ elements: [Element]) -> Element {
            elements[next(elements.count)]
        }

        /// Up to so many of these, one after the other.
        mutating func text(_ pieces: [String], _ countMax: Int) -> String {
            (0..<next(countMax + 1)).map { _ in pick(pieces) }.joined()
        }
    }

    /// Fields on their way through proxies.
    private struct Message {
        var fields: [(name: String, value: String)] = []

        mutating func remove(_ name: String) { fields.removeAll { $0.name == name } }

        /// Adds an entry to the last line of the field, or in a line of its own.
        mutating func append(_ name: String, _ entry: String, isOwnLine: Bool) {
            if !isOwnLine, let last = fields.lastIndex(where: { $0.name == name }) {
                fields[last].value += ", " + entry
            } else {
                fields.append((name, entry))
            }
        }

        var http: HTTPRequest {
            var all = HTTPFields()
            for field in fields { all.append(name: field.name.utf8, value: field.value.utf8) }
            return HTTPRequest(
                method: .post, target: [0x2f], fields: all, body: [], peer: [10, 0, 0, 1])
        }
    }

    private static let lists = ["X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port"]
    private static let pieces = [
        "for=", "host=", "proto=", "by=", "x=", "\"", "\"", ",", ";", "\\", " ", "=",
        "10.0.0.2", "10.0.0.3", "192.0.2.66", "evil.example.com", "evil.example.com:8443", "http",
        "https", "443", "8443", "[::1]", "for=10.0.0.2;host=evil.example.com;proto=http, ",
    ]

    private func client(_ generator: inout Generator) -> Message {
        var message = Message(fields: [("Host", "hooks.example.com:8443")])
        for name in Self.lists + ["X-Forwarded-For", "Forwarded"] {
            for _ in 0..<generator.next(3) {
                message.append(name, generator.text(Self.pieces, 8), isOwnLine: true)
            }
        }
        return message
    }

    /// What the proxy `number` of a chain saw, 0 being the outermost.
    private func view(_ number: Int) -> (caller: String, scheme: String, host: String, port: String)
    {
        number == 0
            ? ("192.0.2.7", "https", "hooks.example.com", "8443")
            : ("10.0.0.\(4 - number)", "http", "inner\(number).lan", "8080")
    }

    private func origin(_ message: Message) throws(Rejection) -> String {
        guard let block = try? CIDRBlock("10.0.0.0/8") else { return "" }
        let origin = try RequestOrigin.forwarded(by: [block]).origin(of: message.http)
        return String(decoding: origin, as: UTF8.self)
    }

    /// `HOOKLINE_PROPERTY_CALLS` is by how many times more requests are tried.
    private func run(_ body: (inout Generator, _ proxies: Int, Comment) throws -> Void) throws {
        let environment = ProcessInfo.processInfo.environment
        let calls = 2000 * (environment["HOOKLINE_PROPERTY_CALLS"].flatMap { Int($0) } ?? 1)
        let seed = UInt64(Date().timeIntervalSince1970 / 86_400)
        for number in 0..<calls {
            var generator = Generator(state: seed &+ UInt64(number) << 32)
            try body(&generator, 1 + number % 3, "seed \(seed), number \(number)")
        }
    }

    @Test func `a client's entries never count behind proxies that append`() throws {
        try run { generator, proxies, place in
            var message = client(&generator)
            for number in 0..<proxies {
                let view = view(number)
                for (name, entry) in zip(Self.lists, [view.scheme, view.host, view.port]) {
                    message.append(name, entry, isOwnLine: generator.next(3) == 0)
                }
                message.append(
                    "X-Forwarded-For", view.caller, isOwnLine: generator.next(3) == 0)
            }
            let found = try origin(message)
            #expect(found == Self.real, "\(place): \(message.fields)")
        }
    }

    @Test func `a client's entries never count behind a proxy that overwrites`() throws {
        try run { generator, proxies, place in
            var message = client(&generator)
            for number in 0..<proxies {
                let view = view(number)
                let appends = generator.next(2) == 0
                for (name, entry) in zip(Self.lists, [view.scheme, view.host, view.port]) {
                    // Inner proxies append their own entry, or leave the outer one's alone.
                    if number == 0 { message.remove(name) }
                    if number == 0 || appends { message.append(name, entry, isOwnLine: false) }
                }
                if number == 0 { message.remove("X-Forwarded-For") }
                message.append("X-Forwarded-For", view.caller, isOwnLine: false)
            }
            let found = try origin(message)
            #expect(found == Self.real, "\(place): \(message.fields)")
        }
    }

    @Test func `a client's elements of Forwarded never count; at worst its request is refused`()
        throws
    {
        var read = 0
        try run { generator, proxies, place in
            var message = client(&generator)
            message.remove("X-Forwarded-Proto")
            message.remove("X-Forwarded-Host")
            for number in 0..<proxies {
                let view = view(number)
                let element = generator.pick([
                    "for=\(view.caller);proto=\(view.scheme);host=\"\(view.host):\(view.port)\"",
                    "host=\"\(view.host):\(view.port)\";for=\"\(view.caller):4711\";"
                        + "proto=\"\(view.scheme)\"",
                ])
                message.append("Forwarded", element, isOwnLine: generator.next(3) == 0)
            }
            do throws(Rejection) {
                let found = try origin(message)
                #expect(found == Self.real, "\(place): \(message.fields)")
                read += 1
            } catch {
                #expect(error == .noOrigin(.forwarded), "\(place): \(message.fields)")
            }
        }
        #expect(read > 300)
    }
}

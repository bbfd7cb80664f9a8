import Foundation
import OpenSSL
import Testing

@testable import Hookline

/// For random requests and each kind of damage that a proxy does: what the sentence says, done
/// word for word, makes the signature match.
@Suite struct MismatchPropertyTests {
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

        /// A text; its line ends are of one kind, because a proxy that makes them so cannot be
        /// undone otherwise, and it has no white space at its ends.
        mutating func text(_ lineEnd: String) -> String {
            let pieces = [
                "a", "Z", "7", " ", "%", "&", "=", "é", "ü€", "’", lineEnd, "<", "'", "/", "😀",
                "%20", "&lt", "ok",
            ]
            return (0..<next(8)).map { _ in pick(pieces) }.joined()
                .trimmingCharacters(in: .whitespacesAndNewlines)
        }

        mutating func call() -> SimulatedCall {
            var call = SimulatedCall()
            call.origin = pick([
                "https://hooks.example.com", "https://hooks.example.com:8443",
                "http://hooks.example.com", "http://192.0.2.7:8081",
                "https://xn--bcher-kva.example",
            ])
            let query = pick([
                "", "", "?a=1", "?q=a%20b%20c", "?q=a+b+c", "?q='x'&at=a:b@c", "?u=%C3%A9%2F",
                "?u=%c3%a9%2f", "?e=%7E~&p=%2B",
            ])
            call.target =
                pick(["", "", "/twilio", "/a/b"])
                + pick(["/webhook/whatsapp", "/webhook/sms", "/webhook/status/", "/h", "//h"])
                + query
            if next(5) == 0 {
                call.json = #"{"text": "\#(next(1000)) é","list": [1, 2]}"# + pick(["", "\n"])
            }
            let lineEnd = pick(["\n", "\r\n"])
            var form = [
                ("AccountSid", SimulatedCall.account), ("To", "whatsapp:+15005550001"),
                ("From", "+15005550006"),
            ]
            for name in ["ProfileName", "A b", "é", "Zip"] where next(3) > 0 {
                form.append((name, text(lineEnd)))
            }
            form.append(("Body", text(lineEnd) + pick(["", lineEnd, " "])))
            call.form = form
            return call
        }
    }

    /// Does what the sentence says, to configuration, proxy and URL; false for a sentence that
    /// says nothing.
    private func follow(
        _ sentence: String, _ configuration: inout Configuration, _ proxy: inout SimulatedProxy,
        _ call: inout SimulatedCall
    ) -> Bool {
        var isFollowed = false
        if let match = sentence.firstMatch(of: /set --public-url (\S+)/) {
            configuration = .serving(String(match.1))
            isFollowed = true
        }
        let places = [
            "let the proxy pass the path", "let the proxy pass the query", "let the proxy add no",
            "let the proxy pass on the question mark", "let the proxy keep bodySHA256",
            "let the proxy keep the order", "let the proxy pass path and query",
        ]
        if places.contains(where: { sentence.contains($0) }) {
            proxy.target = .none
            isFollowed = true
        }
        if sentence.contains("let the proxy pass the body on") {
            proxy.body = .none
            isFollowed = true
        }
        if sentence.contains("take the slash from the end of the URL in the Twilio console") {
            let path = call.target.prefix { $0 != "?" }
            call.target = String(path.dropLast()) + call.target.dropFirst(path.count)
            isFollowed = true
        }
        if sentence.contains("in the Twilio console with one slash where it has two") {
            call.target = String(call.target.dropFirst())
            isFollowed = true
        }
        return isFollowed
    }

    /// True when the damage was one, and following its explanation mended it.
    private func mends(
        _ damaged: SimulatedProxy, _ call: SimulatedCall, _ place: String
    ) throws -> Bool {
        var (proxy, call) = (damaged, call)
        var table = TokenTable()
        table.anyAccount = [HMACKey(Array(call.token.utf8))]
        var configuration = proxy.configuration(for: call)
        let arrived = try proxy.pass(call)
        guard try !arrived.report(configuration, tokens: table).isMatch else { return false }
        let explanation = try arrived.explained(configuration, tokens: table)
        let sentence = explanation.sentence
        let context: Comment = "\(place): \(call.origin)\(call.target) \(proxy): \(sentence)"
        #expect(explanation.hint != .none, context)
        #expect(follow(sentence, &configuration, &proxy, &call), context)
        #expect(try proxy.pass(call).report(configuration, tokens: table).isMatch, context)
        return true
    }

    /// `HOOKLINE_PROPERTY_CALLS` is by how many times more requests are tried.
    private func run(_ proxies: [SimulatedProxy], calls: Int) throws {
        let environment = ProcessInfo.processInfo.environment
        let calls = calls * (environment["HOOKLINE_PROPERTY_CALLS"].flatMap { Int($0) } ?? 1)
        let seed = UInt64(Date().timeIntervalSince1970 / 86_400)
        for (index, proxy) in proxies.enumerated() {
            var generator = Generator(state: seed &+ UInt64(index) << 32)
            var damages = 0
            // Until so many requests were damaged: not every request can be, by everything.
            for number in 0..<calls * 40 where damages < calls {
                let call = generator.call()
                if try mends(proxy, call, "seed \(seed), number \(number)") { damages += 1 }
            }
            #expect(damages == calls, "\(proxy) damaged too few requests")
        }
    }

    @Test func `X6 each damage to the origin is mended by what is said of it`() throws {
        try run(
            SimulatedProxy.OriginDamage.allCases.filter { $0 != .none }
                .map { SimulatedProxy(origin: $0) }, calls: 8)
    }

    @Test func `X6 each damage to the target is mended by what is said of it`() throws {
        try run(
            SimulatedProxy.TargetDamage.allCases.filter { $0 != .none }
                .map { SimulatedProxy(target: $0) }, calls: 8)
    }

    @Test func `X6 each damage to the body is mended by what is said of it`() throws {
        try run(
            SimulatedProxy.BodyDamage.allCases.filter { $0 != .none }
                .map { SimulatedProxy(body: $0) }, calls: 8)
    }

    @Test func `X6 damages to origin and target at once are mended by what is said of them`() throws
    {
        var proxies: [SimulatedProxy] = []
        for origin in SimulatedProxy.OriginDamage.allCases where origin != .none {
            for target in SimulatedProxy.TargetDamage.allCases where target != .none {
                proxies.append(SimulatedProxy(origin: origin, target: target))
            }
        }
        try run(proxies, calls: 1)
    }

    @Test func `X6 damages to origin and body at once are mended by what is said of them`() throws {
        var proxies: [SimulatedProxy] = []
        for origin in SimulatedProxy.OriginDamage.allCases where origin != .none && origin.isSingle
        {
            for body in SimulatedProxy.BodyDamage.allCases where body != .none {
                proxies.append(SimulatedProxy(origin: origin, body: body))
            }
        }
        try run(proxies, calls: 1)
    }
}

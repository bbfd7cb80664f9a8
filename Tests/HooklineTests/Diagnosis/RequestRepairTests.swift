import MicroHTTP
import OpenSSL
import Testing
import TwilioSignature

@testable import Hookline

/// X7: what a release gives the application is what Twilio signed.
@Suite struct RequestRepairTests {
    private func tokens(_ accounts: [String: [String]] = [:], any: [String] = []) throws -> Tokens {
        var table = TokenTable()
        table.anyAccount = any.map { HMACKey(Array($0.utf8)) }
        for (account, tokens) in accounts {
            table.byAccount[Array(account.utf8)] = tokens.map { HMACKey(Array($0.utf8)) }
        }
        return Tokens(table)
    }

    private func mender(
        _ configuration: Configuration = .serving, any: [String] = ["12345"]
    ) throws -> RequestRepair {
        RequestRepair(configuration, try tokens(any: any))
    }

    /// Names and values of a form, in the order of the names.
    private func form(_ body: [UInt8]) throws -> [UInt8] {
        try FormParameters(parsing: body, parametersMax: 1000).signedSuffix
    }

    /// A call in which each kind of damage shows.
    private var call: SimulatedCall {
        var call = SimulatedCall()
        call.form?.append(("ProfileName", "ü <é>\r\nb \n"))
        return call
    }

    @Test(arguments: SimulatedProxy.TargetDamage.allCases)
    func `a damaged path or query is released as Twilio signed it`(
        damage: SimulatedProxy.TargetDamage
    ) throws {
        for (path, query) in [
            ("/webhook/whatsapp", "?q='a%20b'&c=%c3%a9:%2f"), ("/a/b/webhook/sms", ""),
            ("/twilio/webhook/sms", "?q=a+b@c&d=%C3%A9"), ("//webhook/sms", ""),
        ] {
            var call = call
            call.target = path + query
            let genuine = try call.signed()
            let arrived = try SimulatedProxy(target: damage).pass(call)
            let mended = try #require(
                try mender().mend(arrived.http, isThorough: true), "\(path)")
            let url = mended.origin + mended.request.target
            #expect(String(decoding: url, as: UTF8.self) == call.origin + genuine.target)
            #expect(mended.request.body == genuine.body)
        }
    }

    @Test(arguments: SimulatedProxy.BodyDamage.allCases)
    func `a damaged body is released as Twilio signed it`(
        damage: SimulatedProxy.BodyDamage
    ) throws {
        var call = call
        if damage == .textTrimmed { call.form?[1].1 = "hello " }
        if damage != .carriageReturns { call.form?.removeLast() }
        call.form?.append(("Note", damage == .carriageReturns ? "a\nb" : "ü <é>\r\nb"))
        if damage == .carriageReturns { call.form?.removeAll { $0.0 == "ProfileName" } }
        let genuine = try call.signed()
        let arrived = try SimulatedProxy(body: damage).pass(call)
        let mended = try #require(try mender().mend(arrived.http, isThorough: true))
        #expect(try form(mended.request.body) == form(genuine.body))
        #expect(MediaType(mended.request.fields.first("content-type")) == .form)
        #expect(mended.request.fields.count(of: "content-type") == 1)
        #expect(mended.request.fields.count(of: "x-twilio-signature") == 1)
    }

    @Test func `a JSON body is released byte for byte as Twilio signed it`() throws {
        var call = SimulatedCall()
        call.json = "{\"text\": \"é\", \"list\": [1, 2]}\n"
        let genuine = try call.signed()
        for damage in [SimulatedProxy.BodyDamage.endTrimmed, .latin1, .contentType] {
            let arrived = try SimulatedProxy(body: damage).pass(call)
            let mended = try #require(
                try mender().mend(arrived.http, isThorough: true), "\(damage)")
            #expect(mended.request.body == genuine.body)
            #expect(MediaType(mended.request.fields.first("content-type")) == .json)
        }
    }

    @Test func `what the account's own tokens of today do not prove is not mended`() throws {
        let arrived = try SimulatedProxy(target: .slashAdded).pass(SimulatedCall()).http
        #expect(try mender().mend(arrived, isThorough: true) != nil)
        #expect(try mender(any: ["rotated"]).mend(arrived, isThorough: true) == nil)
        #expect(try mender(any: []).mend(arrived, isThorough: true) == nil)
        // Another account has the token that signed it.
        let other = "AC" + String(repeating: "f", count: 32)
        let others = try tokens([SimulatedCall.account: ["other"], other: ["12345"]])
        let mender = RequestRepair(.serving, others)
        #expect(mender.mend(arrived, isThorough: true) == nil)
        let untouched = try SimulatedCall().signed().http
        #expect(mender.mend(untouched, isThorough: true) == nil)
    }

    @Test func `under a public URL another host is no damage, elsewhere Host may be`() throws {
        var proxy = SimulatedProxy(origin: .hostRewritten, target: .slashAdded)
        let rewritten = try proxy.pass(SimulatedCall()).http
        let mended = try mender(.fromHost).mend(rewritten, isThorough: true)
        #expect(mended.map { String(decoding: $0.origin, as: UTF8.self) } == SimulatedCall().origin)
        proxy.origin = .wrongHost
        let wrong = proxy.configuration(for: SimulatedCall())
        let arrived = try proxy.pass(SimulatedCall()).http
        #expect(try mender(wrong).mend(arrived, isThorough: true) == nil)
        #expect(try mender().mend(arrived, isThorough: true) != nil)
    }

    @Test func `a damage that was found once is found again without a search`() throws {
        let mender = try mender()
        var call = SimulatedCall()
        let first = try SimulatedProxy(target: .queryAdded).pass(call).http
        call.form?[3].1 = "SM2"
        let second = try SimulatedProxy(target: .queryAdded).pass(call).http
        #expect(mender.mend(second, isThorough: false) == nil)
        #expect(mender.mend(first, isThorough: true) != nil)
        #expect(mender.mend(second, isThorough: false)?.request.target == Array(call.target.utf8))
    }
}

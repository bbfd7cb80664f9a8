import Foundation
import Testing

@testable import Hookline

@Suite struct AdminLineTests {
    private func fault(_ line: String) -> AdminFault.Code? {
        do throws(AdminFault) {
            _ = try AdminLine.read(Array(line.utf8))
            return nil
        } catch {
            return error.code
        }
    }

    private static let requests: [AdminRequest] = {
        var list = AdminList()
        list.state = .deadLettered
        list.after = 7
        list.limit = 1000
        var quarantined = AdminList()
        quarantined.quarantined = true
        var show = AdminShow(id: 9)
        show.quarantined = true
        show.reveal = true
        var ids = AdminChange(.ids([1, 2]))
        ids.isDryRun = true
        var all = AdminChange(.all)
        all.after = 3
        all.through = 5
        return [
            .status, .list(list), .list(quarantined), .show(show), .capture(id: 4), .retry(ids),
            .retry(all),
            .discard(AdminChange(.reason("gone")), quarantined: false),
            .discard(AdminChange(.proven), quarantined: true),
            .release(AdminChange(.proven), force: false), .release(ids, force: true),
        ]
    }()

    @Test(arguments: requests)
    func `a request is read as it was written, on one line of JSON`(request: AdminRequest)
        throws
    {
        let line = AdminLine(request).bytes
        #expect(line.last == 0x0a && line.count { $0 == 0x0a } == 1)
        #expect(try JSONSerialization.jsonObject(with: Data(line)) is [String: Any])
        #expect(try AdminLine.read(Array(line.dropLast())) == request)
    }

    @Test(arguments: [
        "", "x", "[]", "{", "{\"verb\":\"status\"} x", "\u{0}", "7", #"{"verb":"show","id":1.5}"#,
    ])
    func `what is no JSON object is malformed`(line: String) {
        let code = fault(line)
        #expect(code == .malformed || line == "[]" || line == "7")
        #expect(code != nil)
    }

    @Test func `a verb that there is not says so`() {
        #expect(fault(#"{"verb":"drop"}"#) == .unknownVerb)
        #expect(fault(#"{"verb":"Status"}"#) == .unknownVerb)
    }

    @Test(arguments: [
        #"{}"#, #"{"verb":1}"#, #"{"verb":"list","limit":0}"#, #"{"verb":"list","limit":1001}"#,
        #"{"verb":"list","limit":"1"}"#, #"{"verb":"list","state":"lost"}"#,
        #"{"verb":"list","state":"running","quarantined":true}"#, #"{"verb":"show"}"#,
        #"{"verb":"show","id":"1"}"#, #"{"verb":"retry"}"#,
        #"{"verb":"retry","all":false}"#, #"{"verb":"retry","ids":[]}"#,
        #"{"verb":"retry","all":true,"ids":[1]}"#, #"{"verb":"retry","all":true,"proven":true}"#,
        #"{"verb":"retry","all":true,"dryrun":true}"#, #"{"verb":"status","all":true}"#,
        #"{"verb":"discard","proven":true}"#, #"{"verb":"discard","all":true,"force":true}"#,
    ])
    func `an argument that is missing, wrong or none of the verb's is refused`(line: String) {
        #expect(fault(line) == .badArgument)
    }

    @Test func `so many ids and not one more`() {
        func line(_ count: Int) -> String {
            let ids = (0..<count).map { "\($0)" }.joined(separator: ",")
            return #"{"verb":"retry","ids":[\#(ids)]}"#
        }
        #expect(fault(line(1000)) == nil)
        #expect(fault(line(1001)) == .badArgument)
    }

    @Test func `every line of an answer is read as it was written`() throws {
        let end = AdminEnd(counts: ["retried": 2], next: 7, through: 9)
        let outcome = AdminOutcome(id: 3, result: "a \"quoted\"\n line\u{2028}")
        let fault = AdminFault(.queueFull, "full")
        for reply in [AdminReply.end(end), .outcome(outcome), .error(fault)] {
            let line = reply.line
            #expect(line.count { $0 == 0x0a } == 1)
            switch try JSONDecoder().decode(AdminReply.self, from: Data(line)) {
            case .end(let read): #expect(read == end)
            case .outcome(let read): #expect(read == outcome)
            case .error(let read): #expect(read == fault)
            default: Issue.record("another reply")
            }
        }
    }
}

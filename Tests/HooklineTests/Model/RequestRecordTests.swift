import MicroHTTP
import Testing

@testable import Hookline

@Suite struct RequestRecordTests {
    @Test(arguments: [HTTPMethod.post, .get, .head, .other])
    func `a request comes back as it was, byte for byte`(_ method: HTTPMethod) throws {
        var fields = HTTPFields()
        fields.append(name: "Host".utf8, value: "h".utf8)
        fields.append(name: "X-Empty".utf8, value: "".utf8)
        fields.append(name: "X-Bytes".utf8, value: [0xff, 0x00, 0x0a])
        let request = HTTPRequest(
            method: method, target: Array("/x?y=%20".utf8), fields: fields, body: [1, 2, 3],
            peer: [10, 0, 0, 1])
        let head = RequestRecord.head(of: request)
        let read = try #require(RequestRecord.request(head: head, body: request.body))
        #expect(read.method == method && read.target == request.target)
        #expect(read.body == request.body && read.peer == request.peer)
        #expect(read.fields.count == 3)
        for index in 0..<3 {
            #expect(Array(read.fields.name(at: index)) == Array(fields.name(at: index)))
            #expect(Array(read.fields.value(at: index)) == Array(fields.value(at: index)))
        }
    }

    @Test func `a damaged head is no request, wherever it is cut`() {
        let head = RequestRecord.head(of: Refused.request(1).request)
        for count in 0..<head.count {
            let cut = RequestRecord.request(head: Array(head.prefix(count)), body: [])
            // Only between two fields can a cut not be seen.
            #expect(
                cut.map { RequestRecord.head(of: $0) } ?? Array(head.prefix(count))
                    == Array(head.prefix(count)))
        }
        #expect(RequestRecord.request(head: [9] + head.dropFirst(), body: []) == nil)
        #expect(RequestRecord.request(head: head + [0xff, 0xff, 0xff, 0xff], body: []) == nil)
    }
}

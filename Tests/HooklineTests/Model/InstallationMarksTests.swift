import MicroHTTP
import Testing

@testable import Hookline

@Suite struct InstallationMarksTests {
    private func request(_ lines: [[UInt8]]) -> HTTPRequest {
        var fields = HTTPFields()
        fields.append(name: "Host".utf8, value: "h".utf8)
        for line in lines { fields.append(name: "HOOKLINE-Via".utf8, value: line) }
        return HTTPRequest(method: .post, target: [0x2f], fields: fields, body: [], peer: [])
    }

    @Test func `a request that it forwarded is its own, and no other`() {
        let (one, two) = (InstallationMarks(), InstallationMarks())
        #expect(one.isOwn(request([one.value])))
        #expect(!one.isOwn(request([two.value])) && !one.isOwn(request([])))
        #expect(!one.isOwn(request([Array(one.value.dropLast())])))
        #expect(!one.isOwn(request([one.value + one.value])))
    }

    @Test func `it is found among those of others, in one line or in several`() {
        let (one, two) = (InstallationMarks(), InstallationMarks())
        let comma = Array(",".utf8)
        #expect(one.isOwn(request([two.value, one.value])))
        #expect(one.isOwn(request([two.value + comma + one.value + comma])))
    }

    @Test func `machines with one queue know each other's requests`() {
        let (one, two) = (
            InstallationMarks(shared: { [1, 2] }), InstallationMarks(shared: { [1, 2] })
        )
        let three = InstallationMarks(shared: { [3] })
        #expect(one.value != two.value)
        #expect(one.isOwn(request([two.value])) && two.isOwn(request([one.value])))
        #expect(!three.isOwn(request([one.value])))
        // What names the queue itself is not in the field.
        #expect(one.value.count == 16 + 2 + 16)
    }
}

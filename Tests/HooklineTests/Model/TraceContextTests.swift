import Testing

@testable import Hookline

/// The rules of https://www.w3.org/TR/trace-context/#traceparent-header.
@Suite struct TraceContextTests {
    private static let trace = "0af7651916cd43dd8448eb211c80319c"
    private static let parent = "b7ad6b7169203331"
    private let span: UInt64 = 0x00f0_67aa_0ba9_02b7

    private func context(_ field: String) -> TraceContext? {
        TraceContext(field: Array(field.utf8)[...], span: span)
    }

    @Test func `a valid field keeps its trace and gets a span of ours`() throws {
        let given = try #require(context("00-\(Self.trace)-\(Self.parent)-01"))
        #expect(String(decoding: given.traceID, as: UTF8.self) == Self.trace)
        #expect(
            String(decoding: given.bytes, as: UTF8.self) == "00-\(Self.trace)-00f067aa0ba902b7-01")
        let quiet = try #require(context("00-\(Self.trace)-\(Self.parent)-00"))
        #expect(String(decoding: quiet.bytes, as: UTF8.self).hasSuffix("-00"))
        #expect(context("00-\(Self.trace)-\(Self.parent)-0b")?.bytes.last == UInt8(ascii: "1"))
        // A later version may say more; its first four fields count.
        #expect(context("cc-\(Self.trace)-\(Self.parent)-01-what-comes") != nil)
        #expect(context("cc-\(Self.trace)-\(Self.parent)-01") != nil)
    }

    @Test(arguments: [
        "", "00", "00-\(trace)-\(parent)", "00-\(trace)-\(parent)-1", "00-\(trace)-\(parent)-012",
        "00-\(trace)-\(parent)-01-", "ff-\(trace)-\(parent)-01", "cc-\(trace)-\(parent)-01.what",
        "00-\(trace.uppercased())-\(parent)-01", "0g-\(trace)-\(parent)-01",
        "00-00000000000000000000000000000000-\(parent)-01", "00-\(trace)-0000000000000000-01",
        "00_\(trace)-\(parent)-01", " 00-\(trace)-\(parent)-01",
        "cc-\(trace)-\(parent)-01-" + String(repeating: "x", count: 500),
    ])
    func `a field that is not valid is replaced`(_ field: String) {
        #expect(context(field) == nil)
        let made = TraceIDs().context(of: Array(field.utf8)[...])
        #expect(TraceContext(field: made.bytes[...], span: span) != nil)
        #expect(!field.contains(String(decoding: made.traceID, as: UTF8.self)))
    }

    @Test func `ids do not repeat`() {
        let ids = TraceIDs()
        let made = (0..<10_000).map { _ in ids.context(of: nil) }
        #expect(Set(made.map(\.traceID)).count == 10_000)
        #expect(Set(made.map(\.spanID)).count == 10_000)
        #expect(made.allSatisfy { $0.traceID.count == 32 && $0.spanID.count == 16 })
        #expect(TraceIDs().context(of: nil).traceID != TraceIDs().context(of: nil).traceID)
    }
}

import Testing

@testable import Prometheus

/// The rules of https://prometheus.io/docs/instrumenting/content_negotiation/.
struct ContentNegotiationTests {
    /// The headers that real servers send, verbatim.
    private static let server2 =
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
        + "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
    private static let server2Native =
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
        + "encoding=delimited,application/openmetrics-text;version=1.0.0;q=0.8,"
        + "application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,"
        + "*/*;q=0.1"
    private static let server3 =
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
        + "application/openmetrics-text;version=0.0.1;q=0.5,"
        + "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,"
        + "*/*;q=0.2"

    private func negotiate(
        _ accept: [String], coding: [String] = [], protobuf: Bool = false
    ) -> ContentNegotiation {
        ContentNegotiation(
            accept: accept.map { Array($0.utf8)[...] },
            acceptEncoding: coding.map { Array($0.utf8)[...] }, offersProtobuf: protobuf)
    }

    @Test func `Prometheus 2 gets OpenMetrics`() {
        let negotiated = negotiate([Self.server2])
        #expect(negotiated.format == .openMetrics)
        #expect(negotiated.contentType == ExpositionFormat.openMetrics.contentType)
    }

    @Test func `protobuf is for who asks for it, and only where it is offered`() {
        #expect(negotiate([Self.server2Native], protobuf: true).format == .protobuf)
        #expect(
            negotiate([Self.server2Native], protobuf: true).contentType
                == "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; "
                + "encoding=delimited")
        #expect(negotiate([Self.server2Native]).format == .openMetrics)
        for accept in [Self.server2, Self.server3, "*/*", ""] {
            #expect(negotiate([accept], protobuf: true).format != .protobuf)
        }
    }

    @Test func `Prometheus 3 gets OpenMetrics with the escaping that it offers`() {
        let negotiated = negotiate([Self.server3])
        #expect(negotiated.format == .openMetrics)
        #expect(
            negotiated.contentType
                == "application/openmetrics-text; version=1.0.0; charset=utf-8; "
                + "escaping=allow-utf-8")
    }

    @Test(arguments: [
        ("application/openmetrics-text;version=1.0.0;escaping=dots", "; escaping=dots"),
        ("application/openmetrics-text;version=1.0.0;escaping=new", "; escaping=underscores"),
        ("text/plain;version=0.0.4;escaping=values", "; escaping=values"),
        ("application/openmetrics-text;version=1.0.0", "utf-8"), ("text/plain", "utf-8"),
    ])
    func `an escaping is named if and only if one was offered`(accept: String, end: String) {
        #expect(negotiate([accept]).contentType.hasSuffix(end))
    }

    @Test(arguments: [
        [], [""], ["*/*"], ["text/*"], ["text/html"], ["garbage"], [";;;,,,===\"\"\""],
        ["application/json;q=1"], ["*/*;q=0"], ["text/plain;q=0"], ["\u{0}\u{1}ÿ"],
        ["application/openmetrics-text;q=0"], ["application/openmetrics-text;q=0.0000"],
        ["application/openmetrics-text;q=x"], ["application/openmetrics-text;q=-1"],
        ["application/openmetrics-text;q=1.5"], ["application/openmetrics-text;q="],
        ["application/openmetrics-text;version=0.0.1"],
        ["application/openmetrics-text;version=2.0.0"], ["application/*"],
        ["text/plain;version=1.0.0"], ["application/vnd.google.protobuf"],
        ["application/vnd.google.protobuf;proto=x;encoding=delimited"],
        ["text/plain, application/openmetrics-text;q=0.9"],
        ["*/*, application/openmetrics-text;q=0.5"],
        [String(repeating: "a/b;q=0.1,", count: 1500)],
    ])
    func `whatever else is asked for gets text 0.0.4`(accept: [String]) {
        let negotiated = negotiate(accept, protobuf: true)
        #expect(negotiated.format == .text)
        #expect(negotiated.contentType == "text/plain; version=0.0.4; charset=utf-8")
    }

    @Test(arguments: [
        ["application/openmetrics-text"], ["Application/OpenMetrics-Text; Version=1.0.0"],
        ["application/openmetrics-text;version=\"1.0.0\""],
        ["\tapplication/openmetrics-text ;  version=1.0.0 ; q=0.2 , text/plain;q=0.1"],
        ["text/plain;q=0.5", "application/openmetrics-text;version=1.0.0;q=0.6"],
        ["text/plain;q=0.9,application/openmetrics-text;q=0.901"],
        ["text/plain;q=0.25,application/openmetrics-text;q=0.3"],
        ["application/openmetrics-text;version=1.0.0,*/*"],
        ["application/openmetrics-text;q=1.000"],
        ["garbage;q=2,application/openmetrics-text"],
        ["text/plain;q=0,application/openmetrics-text"],
    ])
    func `OpenMetrics is found whatever the order, case and spaces`(accept: [String]) {
        #expect(negotiate(accept).format == .openMetrics)
    }

    @Test(arguments: [
        (["gzip"], true), (["GZIP"], true), (["deflate, gzip;q=1.0, *;q=0.5"], true), (["*"], true),
        (["x-gzip"], true), (["br", "gzip;q=0.1"], true), (["identity;q=0.5, gzip"], true),
        ([], false), ([""], false), (["gzip;q=0"], false), (["gzip;q=0.000"], false),
        (["*;q=0"], false), (["gzip;q=0, *"], false), (["identity"], false), (["br"], false),
        (["identity, gzip;q=0.5"], false), (["identity;q=0.3, gzip;q=0.25"], false),
        (["gzip;q=x"], false), (["gzippo"], false),
    ])
    func `gzip is used where it is wanted`(coding: [String], isGzip: Bool) {
        #expect(negotiate([], coding: coding).isGzip == isGzip)
    }
}

import Foundation
import TestSupport

/// One answer of `/metrics`.
struct Scrape {
    var status: Int
    var head: String
    var body: [UInt8]

    /// The body as text.
    var text: String { String(decoding: body, as: UTF8.self) }

    /// The value of a field; nil if it is not there, or there twice.
    func field(_ name: String) -> String? {
        let values = head.split(separator: "\r\n").compactMap { line -> String? in
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == name.lowercased() else { return nil }
            return parts[1].trimmingCharacters(in: .whitespaces)
        }
        return values.count == 1 ? values[0] : nil
    }

    /// The body as gzip(1) unpacks it.
    func unpacked() throws -> [UInt8] {
        let result = try ChildProcess.run("gzip", ["-dc"], input: body)
        guard result.status == 0 else { throw ChildProcess.Failure(result.errors) }
        return Array(result.output.utf8)
    }
}

extension Receiver {
    /// The `Accept` of Prometheus 2.42.
    static let acceptOfServer2 =
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
        + "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
    /// The `Accept` of Prometheus 2.42 with native histograms.
    static let acceptOfServer2Native =
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
        + "encoding=delimited,application/openmetrics-text;version=1.0.0;q=0.8,"
        + "application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,"
        + "*/*;q=0.1"
    /// The `Accept` of Prometheus 3.12.
    static let acceptOfServer3 =
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
        + "application/openmetrics-text;version=0.0.1;q=0.5,"
        + "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,"
        + "*/*;q=0.2"

    /// Asks for the metrics with these header fields.
    func scrape(
        accept: String? = nil, coding: String? = nil, timeout: String? = nil, method: String = "GET"
    ) throws -> Scrape {
        let client = try RawClient(port: opsPort)
        let fields = [
            ("Accept", accept), ("Accept-Encoding", coding),
            ("X-Prometheus-Scrape-Timeout-Seconds", timeout),
        ].compactMap { name, value in value.map { "\(name): \($0)\r\n" } }.joined()
        // The answer ends with the connection, so that one to HEAD is seen to have no body.
        client.send(
            "\(method) /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\(fields)\r\n")
        let bytes = client.rest()
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else {
            throw ChildProcess.Failure("no answer to a scrape")
        }
        let head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
        let status = Int(head.split(separator: " ")[1]) ?? 0
        return Scrape(status: status, head: head, body: Array(bytes[end.upperBound...]))
    }
}

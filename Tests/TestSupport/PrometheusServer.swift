import Foundation

/// A real Prometheus (Debian package `prometheus`) with a folder of its own. Its first scrape is
/// five seconds after its start, so let one server do all it can.
public final class PrometheusServer: Sendable {
    /// A sample of an answer.
    public struct Sample: Sendable {
        /// The labels, `__name__` among them.
        public var labels: [String: String]
        /// The value.
        public var value: Double
    }

    private let folder: TemporaryFolder
    private let process: ChildProcess
    private let port: UInt16
    private let targets: [String: String]

    /// Starts it; it scrapes `/metrics` of these ports of 127.0.0.1, each as the job of its name,
    /// several times a second. `features` are those of `--enable-feature`.
    public init(scraping ports: [String: UInt16], features: [String] = []) throws {
        folder = try TemporaryFolder()
        port = try LoopbackSocket.closedPort()
        targets = ports.mapValues { "127.0.0.1:\($0)" }
        let jobs = targets.map { job, target in
            "  - {job_name: \(job), static_configs: [{targets: [\"\(target)\"]}]}\n"
        }
        try folder.write(
            """
            global: {scrape_interval: 250ms, scrape_timeout: 250ms}
            scrape_configs:

            """ + jobs.joined(), to: "prometheus.yml")
        process = try ChildProcess(
            "/usr/bin/prometheus",
            [
                "--config.file=\(folder.path("prometheus.yml"))",
                "--storage.tsdb.path=\(folder.path("data"))",
                "--web.listen-address=127.0.0.1:\(port)", "--log.level=debug",
            ] + features.map { "--enable-feature=\($0)" }, errors: folder.path("log"))
    }

    /// What it wrote to its log that tells of trouble with the scrapes of a job.
    public func complaints(of job: String) -> [String] {
        let target = "http://\(targets[job] ?? "")/"
        return folder.text("log").split(separator: "\n").map(String.init).filter { line in
            line.contains(target)
                && (line.contains("level=warn") || line.contains("level=error")
                    || line.contains("msg=\"Scrape failed\"")
                    || line.contains("msg=\"Append failed\""))
        }
    }

    /// Answers an instant query; nil while it is not ready.
    public func query(_ expression: String) throws -> [Sample]? {
        let result = try data("/api/v1/query?query=\(Self.escaped(expression))")?["result"]
        return (result as? [[String: Any]])?.compactMap { entry in
            guard let labels = entry["metric"] as? [String: String],
                let pair = entry["value"] as? [Any],
                let value = (pair.last as? String).flatMap({ Double($0) })
            else { return nil }
            return Sample(labels: labels, value: value)
        }
    }

    /// The value of a query that has one sample.
    public func value(_ expression: String) throws -> Double? {
        let samples = try query(expression) ?? []
        return samples.count == 1 ? samples[0].value : nil
    }

    /// How many exemplars it has stored of each series of a query, the trace id behind the name.
    public func exemplars(_ expression: String) throws -> [String] {
        let now = Date().timeIntervalSince1970
        let path =
            "/api/v1/query_exemplars?query=\(Self.escaped(expression))"
            + "&start=\(now - 3600 * 24 * 365 * 10)&end=\(now + 60)"
        let series = try list(path)
        return series.flatMap { entry in
            let labels = entry["seriesLabels"] as? [String: String] ?? [:]
            return (entry["exemplars"] as? [[String: Any]] ?? []).map { exemplar in
                let trace = (exemplar["labels"] as? [String: String])?["trace_id"] ?? ""
                return "\(labels["__name__"] ?? "") \(trace)"
            }
        }
    }

    private func data(_ path: String) throws -> [String: Any]? {
        try answer(path)?["data"] as? [String: Any]
    }

    private func list(_ path: String) throws -> [[String: Any]] {
        try answer(path)?["data"] as? [[String: Any]] ?? []
    }

    private func answer(_ path: String) throws -> [String: Any]? {
        guard let client = try? RawClient(port: port) else { return nil }
        // Version 1.0: the answer ends with the connection, and is not chunked.
        client.send("GET \(path) HTTP/1.0\r\nHost: localhost\r\n\r\n")
        let bytes = client.rest()
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let body = Data(bytes[end.upperBound...])
        return try? JSONSerialization.jsonObject(with: body) as? [String: Any]
    }

    private static func escaped(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }
}

import Foundation
import TestSupport

/// A real Prometheus that scrapes a receiver every second, a real Alertmanager, and somebody who is
/// told.
final class MonitoringServers {
    /// One alert in a notification.
    struct Notice: Decodable {
        var status: String
        var labels: [String: String]
        var annotations: [String: String]
    }

    private struct Notification: Decodable {
        var alerts: [Notice]
    }

    /// Where Prometheus listens.
    let prometheusURL: String
    private let alertmanagerURL: String
    private let folder: TemporaryFolder
    private let inbox: LoopbackServer
    private let processes: [ChildProcess]

    /// What the durations of rules and Alertmanager's example are divided by.
    static let divisor = Torture.count(60, torture: 1)
    /// Longer than any alert takes to be told or to end.
    static let secondsMax = 60.0 + 3_600 / Double(divisor)

    /// Starts them on the shortened rules. `features` are Prometheus's, with commas between.
    init(features: String = "exemplar-storage") throws {
        folder = try TemporaryFolder()
        inbox = try LoopbackServer(answering: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        let shortened = try ChildProcess.run(
            Repository.python,
            [
                "-B", Repository.application("shorten_alerts.py"), Repository.root, folder.path,
                "\(Self.divisor)", inbox.url("/"),
            ])
        guard shortened.status == 0 else { throw ChildProcess.Failure(shortened.errors) }
        let alertmanager = "127.0.0.1:\(try LoopbackSocket.closedPort())"
        let prometheus = "127.0.0.1:\(try LoopbackSocket.closedPort())"
        prometheusURL = "http://" + prometheus
        alertmanagerURL = "http://" + alertmanager
        try folder.write("[]", to: "targets.json")
        try folder.write(
            """
            global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
            rule_files: [hookline.rules.yml]
            alerting: {alertmanagers: [{static_configs: [{targets: ["\(alertmanager)"]}]}]}
            scrape_configs:
              - job_name: hookline
                file_sd_configs: [{files: [targets.json], refresh_interval: 1s}]
            """, to: "prometheus.yml")
        processes = [
            try ChildProcess(
                "prometheus-alertmanager",
                [
                    "--config.file=\(folder.path("alertmanager.yml"))",
                    "--storage.path=\(folder.path("alertmanager"))",
                    "--web.listen-address=\(alertmanager)", "--cluster.listen-address=",
                ], errors: folder.path("alertmanager.log")),
            try ChildProcess(
                "prometheus",
                [
                    "--config.file=\(folder.path("prometheus.yml"))",
                    "--storage.tsdb.path=\(folder.path("prometheus"))",
                    "--web.listen-address=\(prometheus)", "--rules.alert.resend-delay=1s",
                    "--web.console.templates=\(Repository.root)/dashboards/consoles",
                    "--enable-feature=\(features)",
                ], errors: folder.path("prometheus.log")),
        ]
    }

    /// What the servers wrote, for the message of a test that failed.
    var log: String { folder.text("prometheus.log") + folder.text("alertmanager.log") }

    /// Scrapes a receiver from now on, in place of the one before, under the same name.
    func scrape(_ receiver: Receiver) throws {
        // Prometheus may read it at any moment: it is put in place whole.
        try folder.write(
            "[{\"targets\": [\"127.0.0.1:\(receiver.opsPort)\"], "
                + "\"labels\": {\"instance\": \"a\"}}]", to: "targets.new")
        _ = try ChildProcess.run("mv", [folder.path("targets.new"), folder.path("targets.json")])
    }

    /// What a receiver of Alertmanager's example was told of an alert, the newest last.
    func notices(to name: String, of alert: String) -> [Notice] {
        inbox.requests.filter { $0.requestLine.contains("/\(name) ") }.flatMap { request in
            // What is no notification is no notice.
            (try? JSONDecoder().decode(Notification.self, from: Data(request.body)))?.alerts ?? []
        }.filter { $0.labels["alertname"] == alert }
    }

    /// Waits until a receiver was told last that an alert fires, or has ended.
    func waits(for alert: String, at name: String, _ status: String = "firing") -> Notice? {
        var newest: Notice?
        _ = eventually(seconds: Self.secondsMax) {
            newest = notices(to: name, of: alert).last
            return newest?.status == status
        }
        return newest?.status == status ? newest : nil
    }

    /// True for an alert that fires and that another one keeps from being told.
    func isInhibited(_ alert: String) throws -> Bool {
        let result = try ChildProcess.run(
            "amtool",
            [
                "alert", "query", "--alertmanager.url=\(alertmanagerURL)", "--inhibited", "-o",
                "json", "alertname=\(alert)",
            ])
        return result.output.contains("\"suppressed\"")
    }
}

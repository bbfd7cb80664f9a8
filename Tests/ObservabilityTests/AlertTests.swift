import Foundation
import TestSupport
import Testing

/// R11, R14: the shipped rules, their tests, Alertmanager's example and the runbook.
@Suite struct AlertTests {
    private typealias Alert = (name: String, severity: String, signal: String)

    /// The alerts, as the rules file has them.
    private static let alerts: [Alert] = {
        let text = Repository.text("alerts/hookline.rules.yml")
        return text.matches(of: /- alert: (\w+)\n[\s\S]*?labels: (\{.*\})/).map {
            let labels = $0.output.2
            let severity = labels.firstMatch(of: /severity: (\w+)/)?.output.1 ?? ""
            let signal = labels.firstMatch(of: /signal: (\w+)/)?.output.1 ?? ""
            return (String($0.output.1), String(severity), String(signal))
        }
    }()

    /// Who is told of a severity.
    private static let receivers = [
        "critical": "pager", "error": "tickets", "warning": "chat", "info": "chat",
        "none": "watchdog",
    ]

    @Test func `promtool finds no fault in the rules and in Prometheus's configuration`() throws {
        let rules = try Repository.run("promtool", ["check", "rules", "alerts/hookline.rules.yml"])
        #expect(rules.status == 0, "\(rules.output)")
        let configuration = try Repository.run(
            "promtool", ["check", "config", "deploy/prometheus.yml"])
        #expect(configuration.status == 0, "\(configuration.output)")
    }

    @Test func `the rules are what their source makes`() throws {
        let result = try Repository.run("alerts/generate.py", ["--check"])
        #expect(result.status == 0, "\(result.output)")
    }

    @Test func `make alerts takes other labels, and how bad a destination that is down is`() throws
    {
        let folder = try TemporaryFolder()
        let result = try Repository.run(
            "make",
            [
                "-s", "alerts", "URL=https://a.example", "GRAFANA=https://b.example",
                "LABELS=job,environment", "DOWN_MINUTES=60", "DOWN_SEVERITY=error",
                "OUT=\(folder.path)",
            ])
        #expect(result.status == 0, "\(result.output)")
        let rules = folder.text("alerts/hookline.rules.yml")
        #expect(rules.contains("by (job, environment)") && !rules.contains("$labels.cluster"))
        #expect(!rules.contains("by (job)") && !rules.contains("on (job)"))
        #expect(
            rules.contains(
                "for: 55m\n        labels: "
                    + "{severity: error, service: hookline, signal: destination}"
            ))
        let routes = folder.text("alerts/alertmanager.yml")
        #expect(routes.contains("group_by: [job, environment, signal]"))
        #expect(!routes.contains("equal: [job, cluster"))
        for file in Repository.files("dashboards", ".json") {
            let dashboard = folder.text(file)
            #expect(dashboard.contains("environment=~") && !dashboard.contains("cluster=~"))
        }
        let console = folder.text("dashboards/consoles/hookline.html")
        #expect(console.contains(".Params.environment") && !console.contains(".Params.cluster"))
        for file in ["hookline.rules.yml", "alertmanager.yml"] {
            let check =
                file == "hookline.rules.yml"
                ? try Repository.run("promtool", ["check", "rules", folder.path("alerts/" + file)])
                : try Repository.run("amtool", ["check-config", folder.path("alerts/" + file)])
            #expect(check.status == 0, "\(check.output)")
        }
        let refused = ["-s", "alerts", "URL=https://a.example", "GRAFANA=https://b.example"]
        #expect(try Repository.run("make", refused + ["LABELS=cluster"]).status != 0)
    }

    /// https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/
    @Test(arguments: Repository.files("alerts/tests", ".yml"))
    func `every alert fires and stays silent as its tests say`(file: String) throws {
        let result = try Repository.run("promtool", ["test", "rules", file])
        #expect(result.status == 0, "\(result.output)")
    }

    @Test func `promtool does see a wrong expectation`() throws {
        let folder = try TemporaryFolder()
        let text = Repository.text("alerts/tests/availability.yml")
            .replacing(
                "../hookline.rules.yml", with: Repository.root + "/alerts/hookline.rules.yml")
        try folder.write(text.replacing("20% of", with: "21% of"), to: "wrong.yml")
        let result = try Repository.run("promtool", ["test", "rules", folder.path("wrong.yml")])
        #expect(result.status != 0)
    }

    /// Names of recorded series: https://prometheus.io/docs/practices/rules/.
    @Test func `every rule has its labels, annotations, link and name, and no literal threshold`()
        throws
    {
        #expect(try Repository.faults("alert_rules") == "")
    }

    @Test func `every metric that is named exists, and every metric is shown`() throws {
        #expect(try Repository.faults("metric_names") == "")
    }

    /// What is put wrong in a copy of a file, the check that has to see it, and a word of what it
    /// says.
    private struct Spoiling: CustomTestStringConvertible {
        var file = "alerts/hookline.rules.yml"
        var old: String
        var new: String
        var oracle = "alert_rules"
        var word: String

        var testDescription: String { word }
    }

    private static let spoilings = [
        Spoiling(
            old:
                "job_severity:hookline_alert_response_time_threshold_seconds:min"
                + "{severity=\"critical\"}",
            new: "vector(3)", word: "literal threshold"),
        Spoiling(
            old: "ratio_rate5m > 0.1", new: "ratio_rate5m > (0.1 / 2)", word: "literal threshold"),
        Spoiling(old: "        for: 2m\n", new: "", word: "has no `for`"),
        Spoiling(
            old: "signal: disk", new: "sign: disk", word: "labels severity, service and signal"),
        Spoiling(
            old: "{{ else }}an unknown number of{{ end }}", new: "{{ end }}",
            word: "where a number is not known"),
        Spoiling(old: "#hooklinedown", new: "#down", word: "another runbook_url"),
        Spoiling(old: "viewPanel=17", new: "viewPanel=99", word: "which is not there"),
        Spoiling(old: "viewPanel=17", new: "viewPanel=10", word: "shows none of its metrics"),
        Spoiling(
            old: "record: job:hookline_queue_depth:sum", new: "record: depth",
            word: "level:metric:operations"),
        Spoiling(
            old: "hookline-overview?viewPanel=12", new: "elsewhere?viewPanel=12",
            word: "leads to no dashboard"),
        Spoiling(
            file: "docs/runbook.md", old: "## HooklineDown\n", new: "## HooklineGone\n",
            word: "headings"),
        Spoiling(
            file: "alerts/tests/stores.yml", old: "alertname: HooklineWALGrowing",
            new: "alertname: HooklineDiskFilling", word: "is tested 0 times firing"),
        Spoiling(
            old: "hookline_store_wal_bytes >", new: "hookline_wal >", oracle: "metric_names",
            word: "rules: hookline_wal does not exist"),
        Spoiling(
            file: "dashboards/hookline-stores.json", old: "hookline_store_wal_bytes",
            new: "hookline_wal",
            oracle: "metric_names", word: "dashboards: hookline_wal does not exist"),
        Spoiling(
            file: "dashboards/hookline-stores.json", old: "hookline_store_wal_bytes",
            new: "hookline_data_dir_free_bytes",
            oracle: "metric_names", word: "is in no dashboard"),
        Spoiling(
            file: "docs/runbook.md", old: "hookline_store_wal_bytes", new: "hookline_wal",
            oracle: "metric_names", word: "runbook: hookline_wal does not exist"),
        Spoiling(
            file: "dashboards/consoles/hookline.html", old: "hookline_dead_letters",
            new: "hookline_dead",
            oracle: "metric_names", word: "hookline.html: hookline_dead does not exist"),
    ]

    @Test(arguments: spoilings)
    private func `each of these checks finds a fault that is put in`(spoiling: Spoiling) throws {
        let folder = try TemporaryFolder()
        let copied = try Repository.run("cp", ["-r", "alerts", "dashboards", "docs", folder.path])
        #expect(copied.status == 0, "\(copied.output)")
        let text = folder.text(spoiling.file)
        let spoiled = text.replacing(spoiling.old, with: spoiling.new)
        #expect(spoiled != text, "\(spoiling.old) is not there")
        try folder.write(spoiled, to: spoiling.file)
        let faults = try Repository.faults(spoiling.oracle, in: folder.path)
        #expect(faults.contains(spoiling.word), "\(faults)")
    }

    @Test func `amtool finds no fault in Alertmanager's example`() throws {
        let result = try Repository.run("amtool", ["check-config", "alerts/alertmanager.yml"])
        #expect(result.status == 0, "\(result.output)")
    }

    /// Stand-ins for PagerDuty, Slack and a ticket queue require the fields that those require.
    @Test func `no receiver refuses a pair of alerts that share a group, firing or over`() throws {
        #expect(try Repository.faults("notifications") == "")
    }

    @Test func `every alert is routed by its severity, the watchdog to its switch`() throws {
        #expect(Self.alerts.count > 40)
        for alert in Self.alerts {
            let bySeverity = try #require(Self.receivers[alert.severity])
            let receiver = alert.signal == "notifications" ? "everybody" : bySeverity
            #expect(try route(alert, to: receiver) == 0, "\(alert) does not go to \(receiver)")
        }
        #expect(try route(("HooklineDown", "critical", "up"), to: "chat") == 1)
    }

    /// The exit status of amtool's route test.
    private func route(_ alert: Alert, to receiver: String) throws -> Int32 {
        let labels = [
            "alertname=\(alert.name)", "severity=\(alert.severity)", "signal=\(alert.signal)",
            "job=hookline",
        ]
        return try Repository.run(
            "amtool",
            [
                "config", "routes", "test", "--config.file=alerts/alertmanager.yml",
                "--verify.receivers=\(receiver)",
            ] + labels
        ).status
    }

    @Test func `make alerts fills in the addresses and nothing else`() throws {
        let folder = try TemporaryFolder()
        let result = try Repository.run(
            "make",
            [
                "-s", "alerts", "URL=https://git.example.com/hookline/blob/main/",
                "GRAFANA=http://127.0.0.1:3000", "JOB=twilio", "OUT=\(folder.path)",
            ])
        #expect(result.status == 0, "\(result.output)")
        let files =
            ["alerts/hookline.rules.yml", "alerts/alertmanager.yml", "alerts/hookline.tmpl"]
            + Repository.files("dashboards", ".json")
        #expect(files.count == 8)
        for file in files {
            let filled = folder.text(file)
            #expect(!filled.contains("hookline.invalid") && !filled.contains("grafana.invalid"))
            let back = filled.replacing(
                "https://git.example.com/hookline/blob/main", with: "https://hookline.invalid"
            ).replacing("http://127.0.0.1:3000", with: "https://grafana.invalid")
                .replacing("job=\"twilio\"", with: "job=\"hookline\"")
            #expect(back == Repository.text(file), "\(file) differs otherwise")
        }
        let console = folder.text("dashboards/consoles/hookline.html")
        #expect(console.contains("or .Params.job \"twilio\""))
        #expect(folder.text("kubernetes/servicemonitor.yml").contains("replacement: twilio"))
        let rules = folder.path("alerts/hookline.rules.yml")
        #expect(try Repository.run("promtool", ["check", "rules", rules]).status == 0)
        #expect(
            try Repository.run("make", ["-s", "alerts", "URL=nowhere", "GRAFANA=x"]).status != 0)
    }
}

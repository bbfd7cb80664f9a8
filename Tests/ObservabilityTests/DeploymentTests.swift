import TestSupport
import Testing

/// Unit, container file, compose file and provisioning, as far as they can be checked unrun.
@Suite struct DeploymentTests {
    @Test func `compose file, container file and provisioning agree with each other`() throws {
        #expect(try Repository.faults("deployment") == "")
    }

    @Test func `the other forms are what rules, dashboards and defaults make`() throws {
        let result = try Repository.run("deploy/generate.py", ["--check"])
        #expect(result.status == 0, "\(result.output)")
    }

    /// Checked by Helm, schemas of Kubernetes, jsonnet and promtool.
    @Test(arguments: ["forms", "mixin", "chart"])
    func `the other forms say the same, and their readers know every field`(oracle: String) throws {
        #expect(try Repository.faults(oracle) == "")
    }

    @Test func `each of these checks finds a fault that is put in`() throws {
        #expect(try Repository.faults("form_controls") == "")
    }

    @Test func `systemd finds no fault in the units`() throws {
        let folder = try TemporaryFolder()
        let unit = Repository.text("deploy/hookline.service")
            .replacing("/usr/local/bin/hookline", with: Repository.hookline)
        try folder.write(unit, to: "hookline.service")
        try folder.write(Repository.text("deploy/hookline.socket"), to: "hookline.socket")
        for name in ["hookline.service", "hookline.socket"] {
            let result = try Repository.run("systemd-analyze", ["verify", folder.path(name)])
            #expect(result.status == 0 && result.output == "", "\(result.output)")
        }
    }

    @Test func `the socket unit binds the addresses that are the defaults`() throws {
        let unit = Repository.text("deploy/hookline.socket")
        for address in ["0.0.0.0:8080", "127.0.0.1:9464"] {
            #expect(unit.contains("\nListenStream=\(address)\n"))
            #expect(Repository.text("docs/configuration.md").contains("`\(address)`"))
        }
        #expect(!unit.contains("Accept=yes"))
    }

    @Test func `systemd rates the unit's exposure at 1,5 of 10 or less`() throws {
        let result = try Repository.run(
            "systemd-analyze",
            ["security", "--offline=true", "--threshold=15", "deploy/hookline.service"])
        #expect(result.status == 0, "\(result.output)")
        #expect(result.output.contains("Overall exposure level"))
    }
}

import TestSupport
import Testing

/// Unit, container file, compose file and provisioning, as far as they can be checked unrun.
@Suite struct DeploymentTests {
    @Test func `compose file, container file and provisioning agree with each other`() throws {
        #expect(try Repository.faults("deployment") == "")
    }

    @Test func `systemd finds no fault in the unit`() throws {
        let folder = try TemporaryFolder()
        let unit = Repository.text("deploy/hookline.service")
            .replacing("/usr/local/bin/hookline", with: Repository.hookline)
        try folder.write(unit, to: "hookline.service")
        let result = try Repository.run(
            "systemd-analyze", ["verify", folder.path("hookline.service")])
        #expect(result.status == 0 && result.output == "", "\(result.output)")
    }

    @Test func `systemd rates the unit's exposure at 1,5 of 10 or less`() throws {
        let result = try Repository.run(
            "systemd-analyze",
            ["security", "--offline=true", "--threshold=15", "deploy/hookline.service"])
        #expect(result.status == 0, "\(result.output)")
        #expect(result.output.contains("Overall exposure level"))
    }
}

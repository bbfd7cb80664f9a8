import TestSupport
import Testing

/// R14: the shipped dashboards, as far as they can be checked without Grafana.
@Suite struct DashboardTests {
    @Test func `the dashboards are what their source makes`() throws {
        let result = try Repository.run("dashboards/generate.py", ["--check"])
        #expect(result.status == 0, "\(result.output)")
    }

    @Test func `the 17 rules of Grafana's dashboard linter hold without exclusions`() throws {
        #expect(try Repository.faults("dashboard_linter") == "")
    }

    @Test func `no panels overlap, and Grafana's own model knows every field`() throws {
        #expect(try Repository.faults("dashboard_shape") == "")
    }

    @Test func `each of these checks finds a fault that is put in`() throws {
        #expect(try Repository.faults("controls") == "")
    }

    @Test func `the tiles of the overview tell the truth in bad situations`() throws {
        #expect(try Repository.faults("tiles") == "")
    }

    @Test func `the rows about Redis are closed, unless it is used`() throws {
        let folder = try TemporaryFolder()
        for (flags, closed) in [([], 2), (["--redis"], 0)] {
            let result = try Repository.run(
                "dashboards/generate.py", flags + ["--out", folder.path])
            #expect(result.status == 0, "\(result.output)")
            let stores = folder.text("hookline-stores.json")
            #expect(stores.ranges(of: "\"collapsed\": true").count == closed)
        }
    }
}

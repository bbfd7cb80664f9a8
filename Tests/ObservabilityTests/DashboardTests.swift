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
}

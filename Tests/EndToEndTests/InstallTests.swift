import Foundation
import TestSupport
import Testing

/// What `make install` and `make deb` put on a machine.
extension EndToEnd {
    @Suite struct InstallTests {
        private static let settings = Set(
            Repository.text("docs/configuration.md").matches(of: /\n\| `(--[a-z-]+)/)
                .map { String($0.output.1) })

        /// Installs what the tests were built with.
        private static func install(
            _ variables: [String: String]
        ) throws -> (status: Int32, output: String) {
            let result = try ChildProcess.run(
                Repository.root + "/scripts/install", [Repository.hookline], environment: variables)
            return (result.status, result.output + result.errors)
        }

        private static func files(_ folder: String) -> Set<String> {
            let paths = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String }
            var isFolder: ObjCBool = false
            return Set(
                (paths ?? []).filter {
                    FileManager.default.fileExists(
                        atPath: "\(folder)/\($0)", isDirectory: &isFolder)
                        && !isFolder.boolValue
                })
        }

        @Test func `an installation has everything below its prefix, and keeps a configuration`()
            throws
        {
            let folder = try TemporaryFolder()
            let variables = ["DESTDIR": folder.path, "PREFIX": "/opt/h"]
            let first = try Self.install(variables)
            #expect(first.status == 0, "\(first.output)")
            let installed = Self.files(folder.path)
            for path in [
                "opt/h/bin/hookline", "opt/h/lib/systemd/system/hookline.service",
                "opt/h/lib/systemd/system/hookline.socket", "opt/h/share/man/man1/hookline.1",
                "opt/h/share/bash-completion/completions/hookline",
                "opt/h/share/zsh/vendor-completions/_hookline",
                "opt/h/share/fish/vendor_completions.d/hookline.fish",
                "opt/h/share/hookline/alerts/hookline.rules.yml",
                "opt/h/share/hookline/dashboards/hookline-overview.json",
                "opt/h/share/hookline/dashboards/provisioning/datasources/hookline.yml",
                "opt/h/share/doc/hookline/docs/install.md", "etc/hookline/hookline.yml",
            ] {
                #expect(installed.contains(path), "\(path)")
            }
            #expect(installed.allSatisfy { $0.hasPrefix("opt/h/") || $0.hasPrefix("etc/h") })
            let unit = folder.text("opt/h/lib/systemd/system/hookline.service")
            #expect(unit.contains("\nExecStart=/opt/h/bin/hookline serve\n"))
            #expect(!unit.contains("/usr/local/"))

            try folder.write("# mine\n", to: "etc/hookline/hookline.yml")
            #expect(try Self.install(variables).status == 0)
            #expect(folder.text("etc/hookline/hookline.yml") == "# mine\n")
        }

        @Test func `the manual page has every command and every setting, and roff reads it`() throws
        {
            let page = try ChildProcess.run(
                Repository.root + "/scripts/man-page", [Repository.hookline])
            #expect(page.status == 0, "\(page.errors)")
            let text = page.output.replacing("\\-", with: "-")
            let known = Set(text.matches(of: /\n\\fB(--[a-z-]+)\\fP/).map { String($0.output.1) })
            #expect(Self.settings.count > 60)
            #expect(Self.settings.subtracting(known) == [])
            for command in ["serve", "send", "bench", "verify", "queue release", "check-config"] {
                #expect(text.contains("\n.SS \(command)\n"), "\(command)")
            }
            let read = try ChildProcess.run(
                "groff", ["-man", "-Tutf8", "-ww", "-z"], input: Array(page.output.utf8))
            #expect(read.status == 0 && read.errors == "", "\(read.errors)")
        }

        @Test func `shells read the completions`() throws {
            for shell in ["bash", "zsh", "fish"] {
                let script = try ChildProcess.run(
                    Repository.hookline, ["--generate-completion-script", shell])
                #expect(script.status == 0)
                for word in ["check-config", "product", "quarantined"] {
                    #expect(script.output.contains(word), "\(shell): \(word)")
                }
                guard shell == "bash" else { continue }
                let read = try ChildProcess.run(
                    "bash", ["-n"], input: Array(script.output.utf8))
                #expect(read.status == 0, "\(read.errors)")
            }
        }

        @Test func `the package's scripts are shell, and its fields are filled in`() throws {
            for script in ["postinst", "prerm", "postrm"] {
                let path = Repository.root + "/deploy/debian/" + script
                #expect(try ChildProcess.run("dash", ["-n", path]).status == 0, "\(script)")
                #expect(Repository.text("deploy/debian/" + script).contains("\nset -e\n"))
            }
            let make = Repository.text("scripts/make-deb")
            let fields = Repository.text("deploy/debian/control").matches(of: /@\w+@/)
                .map { String($0.output) }
            #expect(fields.count == 4)
            for field in fields { #expect(make.contains("s|\(field)|"), "\(field)") }
        }

        @Test func `only a program that needs no Swift becomes a package`() throws {
            let refused = try ChildProcess.run(
                Repository.root + "/scripts/make-deb", [Repository.hookline])
            #expect(refused.status == 1)
            #expect(refused.errors.contains("is not linked with Swift's libraries"))
        }
    }
}

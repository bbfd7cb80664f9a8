import Foundation
import TestSupport
import Testing

/// What a build says of itself, and where it has it from.
extension EndToEnd {
    @Suite struct VersionTests {
        private let folder: TemporaryFolder

        init() throws { folder = try TemporaryFolder() }

        /// Runs a shell script in the folder and returns what it prints, without the last line's
        /// end.
        private func shell(_ script: String) throws -> String {
            let result = try ChildProcess.run(
                "/bin/sh", ["-ec", "cd '\(folder.path)'\n" + script],
                environment: [
                    "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1",
                    "GIT_CEILING_DIRECTORIES": folder.path + "/..",
                ])
            #expect(result.status == 0, "\(result.errors)")
            return result.output.trimmingCharacters(in: .newlines)
        }

        @Test func `version and hookline_build_info say the same revision and versions`() throws {
            let shown = try ChildProcess.run(Repository.hookline, ["version"])
            #expect(shown.status == 0)
            let lines = shown.output.split(separator: "\n")
                .map { $0.split(separator: " ", maxSplits: 1).map(String.init) }
            #expect(
                lines.map(\.first) == [
                    "hookline", "revision", "Swift", "libmicrohttpd", "SQLite", "libcurl",
                    "OpenSSL", "hiredis", "libdeflate",
                ])
            #expect(lines.allSatisfy { $0.count == 2 && !$0[1].isEmpty }, "\(shown.output)")
            for line in lines.suffix(6) {
                #expect(line[1].wholeMatch(of: /\d+(\.\d+)+[a-z]?/) != nil, "\(line)")
            }
            #expect(lines[1][1].wholeMatch(of: /unknown|[0-9a-f]{12}(-dirty)?/) != nil)

            let receiver = try Receiver()
            let page = try receiver.ops("/metrics").body
            let build = try #require(
                page.split(separator: "\n").first { $0.hasPrefix("hookline_build_info{") })
            let labels = build.matches(of: /(\w+)="([^"]*)"/)
                .map { [String($0.output.1), String($0.output.2)] }
            #expect(
                labels == [
                    ["version", lines[0][1]], ["revision", lines[1][1]],
                    ["swift_version", lines[2][1]], ["sqlite", lines[4][1]],
                ])
        }

        @Test func `the revision is the commit's, and says when the sources differ from it`() throws
        {
            try FileManager.default.createDirectory(
                atPath: folder.path("scripts"), withIntermediateDirectories: true)
            try FileManager.default.copyItem(
                atPath: Repository.root + "/scripts/revision",
                toPath: folder.path("scripts/revision"))
            #expect(try shell("scripts/revision") == "unknown")
            let commit = try shell(
                """
                git init -q && mkdir Sources && echo 1 > Sources/main.c && echo 1 > README.md
                git add . && git -c user.name=n -c user.email=e commit -q -m first
                git rev-parse HEAD
                """)
            let short = String(commit.prefix(12))
            #expect(short.count == 12)
            // Sources that lie within a clone of something else are of none of its commits.
            #expect(
                try shell("mkdir other && cp -r scripts other && other/scripts/revision")
                    == "unknown")
            #expect(try shell("cd Sources && ../scripts/revision") == short)
            #expect(try shell("echo note > note && scripts/revision") == short)
            #expect(try shell("touch Sources/new.c && scripts/revision") == short + "-dirty")
            #expect(try shell("rm Sources/new.c && scripts/revision") == short)
            #expect(try shell("echo 2 > README.md && scripts/revision") == short + "-dirty")
        }

        @Test func `make build hands the revision to one file of C, and to nothing else`() throws {
            let commands = try ChildProcess.run(
                "/usr/bin/make", ["-n", "-C", Repository.root, "build"])
            #expect(
                commands.output.contains(
                    "BUILD_REVISION=$(scripts/revision) swift build -c release --product hookline"))
            let given = try manifest("BUILD_REVISION=0123456789ab-dirty")
            #expect(given.contains(#""HOOKLINE_REVISION=\"0123456789ab-dirty\"""#), "\(given)")
            #expect(given.matches(of: /0123456789ab/).count == 1)
            #expect(try !manifest("NONE=1").contains("HOOKLINE_REVISION"))
        }

        /// Package.swift as SwiftPM reads it, in JSON with its line breaks.
        private func manifest(_ variable: String) throws -> String {
            try shell(
                """
                mkdir -p package && cp '\(Repository.root)/Package.swift' package
                env \(variable) swift package --package-path package dump-package
                """)
        }
    }
}

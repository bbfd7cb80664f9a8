import Foundation
import TestSupport
import Testing

/// What `scripts/release` publishes.
extension EndToEnd {
    @Suite struct ReleaseTests {
        private let folder: TemporaryFolder

        init() throws { folder = try TemporaryFolder() }

        /// A command of a shell in the folder; what it printed, once it ended well.
        private func shell(_ line: String) throws -> String {
            let result = try ChildProcess.run("bash", ["-ec", line], directory: folder.path)
            #expect(result.status == 0, "\(line): \(result.errors)")
            return result.output
        }

        @Test func `a commit gives the same bytes twice, with sums, sources and a list of parts`()
            throws
        {
            // The script as it is, in a clone that is clean.
            _ = try shell(
                """
                git clone -q --no-hardlinks '\(Repository.root)' one
                cp '\(Repository.root)/scripts/release' one/scripts/release
                git -C one -c user.name=n -c user.email=e commit -q --allow-empty -am x
                git clone -q one two
                for each in one two; do $each/scripts/release out-$each >/dev/null; done
                diff -r out-one out-two
                (cd out-one && sha256sum --quiet -c SHA256SUMS)
                """)
            let tracked = try shell("git -C one ls-files | sort")
            let packed = try shell(
                "tar tzf out-one/*.tar.gz | grep -v '/$' | sed 's|^hookline-[^/]*/||' | sort")
            #expect(tracked == packed)
            let parts = try shell("cat out-one/*.cdx.json")
            for match in Repository.text("Package.swift").matches(
                of: /url: "https:\/\/([^"]+)", exact: "([^"]+)"/)
            {
                #expect(parts.contains("pkg:swift/\(match.output.1)@\(match.output.2)"))
            }
            for library in ["libmicrohttpd", "openssl", "sqlite3", "curl", "hiredis", "jemalloc"] {
                #expect(parts.contains("\"name\": \"\(library)\""), "\(library)")
            }

            _ = try shell("echo >>one/README.md")
            let refused = try ChildProcess.run(folder.path("one/scripts/release"), ["out"])
            #expect(refused.status == 1)
            #expect(refused.errors.contains("the sources differ from the commit"))
        }
    }
}

import Glibc
import Testing

/// Subjects of commits, as far as this clone has them.
@Suite struct CommitTests {
    /// The last commit from before the rule.
    private static let before = "8997553d8571a23d0766f77ea43acff57bba88b3"
    private static let columnsMax = 72

    /// The subjects of all commits since, newest first; nil in an archive without `.git`, and in a
    /// clone whose history does not reach back so far.
    private static let subjects: [String]? = lines(
        of: "git -C '\(Repository.root)' log --no-merges --format=%s \(before)..HEAD 2>/dev/null")

    /// What a command of the shell prints; nil if it fails.
    private static func lines(of command: String) -> [String]? {
        guard let stream = popen(command, "r") else { return nil }
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = fread(&buffer, 1, buffer.count, stream)
            guard count > 0 else { break }
            output += buffer[..<count]
        }
        guard pclose(stream) == 0 else { return nil }
        return String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    private static func faults(_ subjects: [String]) -> [String] {
        subjects.filter { $0.count > columnsMax || $0.hasSuffix(".") }
    }

    @Test(.enabled(if: subjects != nil, "no .git here, or a history that is cut off"))
    func `the subject of a commit has at most 72 characters and no full stop`() throws {
        #expect(Self.faults(try #require(Self.subjects)) == [])
    }

    @Test func `a long subject is found`() {
        let long = String(repeating: "é", count: 73)
        #expect(Self.faults([String(long.dropLast()), long, "Fix it."]) == [long, "Fix it."])
        #expect(Self.lines(of: "exit 1") == nil)
        #expect(Self.lines(of: "printf 'a\\nb c\\n'") == ["a", "b c"])
    }
}

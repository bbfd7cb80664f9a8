import Testing

/// What a program can check of the rules in CONTRIBUTING.md.
@Suite struct HouseStyleTests {
    private static let wrappers: Set = [
        "MicroHTTP", "SQLite", "Redis", "Curl", "OpenSSL", "Deflate", "Expat", "POSIX",
        "Prometheus",
        "Build",
    ]

    /// Each with its proof in its own comment.
    private static let unchecked: Set = [
        "Sources/MicroHTTP/EventLoop.swift",
        "Sources/OpenSSL/HMACKey.swift",
        "Sources/POSIX/WakeSignal.swift", "Sources/Prometheus/CellBlock.swift",
    ]

    /// Code without comments and the text of strings, so that words in them do not count.
    private func code(_ line: Substring) -> String {
        var code = ""
        var isText = false
        var previous: Character = " "
        for character in line {
            if character == "\"" && previous != "\\" { isText.toggle() }
            if !isText && previous == "/" && character == "/" { return String(code.dropLast()) }
            if !isText { code.append(character) }
            previous = character
        }
        return code
    }

    private func places(_ files: [SourceFile], _ isBad: (String) -> Bool) -> [String] {
        files.flatMap { file in
            file.lines.enumerated().filter { isBad(code($0.element)) }
                .map { "\(file.path):\($0.offset + 1)" }
        }
    }

    /// Each look at a function type behind a generic lock writes it back with two conversions more
    /// around it: memory grows, each call takes longer, and in the end the stack is too small.
    @Test func `no lock holds a function itself`() {
        let held = places(Repository.sources) { $0.contains(#/Mutex<[^<>]*->/#) }
        #expect(held == [])
    }

    @Test func `the tests see the sources`() {
        #expect(Repository.sources.count > 80 && Repository.tests.count > 30)
    }

    @Test func `no file of source is over 300 lines`() {
        let long = (Repository.sources + Repository.tests).filter { $0.lines.count > 301 }
        #expect(long.map(\.path) == [])
    }

    @Test func `nothing is left unfinished`() {
        let words = ["TO" + "DO", "FIX" + "ME", "XX" + "X"]
        let found = (Repository.sources + Repository.tests).flatMap { file in
            file.lines.filter { line in words.contains { line.contains($0) } }
                .map { "\(file.path): \($0)" }
        }
        #expect(found == [])
    }

    @Test func `no source forces, traps or hides an error without a reason`() {
        let banned = ["try!", "fatal" + "Error(", "nonisolated(unsafe)", "as!"]
        let found = places(Repository.sources) { line in banned.contains { line.contains($0) } }
        #expect(found == [])
    }

    @Test func `a hidden error has its reason in a comment above it`() {
        let found = Repository.sources.flatMap { file in
            let lines = file.lines
            return lines.indices.filter { index in
                guard code(lines[index]).contains(#/\btry\? /#) else { return false }
                let before = lines[max(0, index - 3)..<index]
                return !before.contains { $0.contains("//") }
            }.map { "\(file.path):\($0 + 1)" }
        }
        #expect(found == [])
    }

    @Test func `only layer 2 is unchecked, and only where the list says so`() {
        let found = Set(
            places(Repository.sources) { $0.contains("@unchecked Sendable") }
                .map { String($0.prefix { $0 != ":" }) })
        #expect(found == Self.unchecked)
        for path in Self.unchecked {
            #expect(Repository.text(path).contains("`@unchecked Sendable`"), "\(path): no proof")
        }
    }

    @Test func `wrappers import no sibling and know no word of Twilio`() {
        let words = ["Twilio", "webhook", "Webhook", "WhatsApp"]
        for file in Repository.sources where Self.wrappers.contains(file.target) {
            for line in file.lines {
                if line.hasPrefix("import ") {
                    let module = String(line.dropFirst(7))
                    #expect(!Self.wrappers.contains(module), "\(file.path) imports \(module)")
                }
                let code = code(line)
                #expect(!words.contains { code.contains($0) }, "\(file.path): \(line)")
            }
        }
    }

    @Test func `whom to call is known at init, or is a SetOnce`() {
        let late = places(Repository.sources) { line in
            line.contains(#/Mutex<\(.*->.*\)\?>|var \w+: \(\(.*->.*\)\?|(var|let) \w+: \w+!/#)
        }
        #expect(late.filter { $0.hasPrefix("Sources/Hookline/") } == [])
    }

    @Test func `no test sleeps`() {
        let words = ["slee" + "p(", "Task." + "sleep", "usl" + "eep"]
        let found = places(Repository.tests) { line in words.contains { line.contains($0) } }
        #expect(found == [])
    }

    @Test func `no test is switched off`() {
        let found = places(Repository.tests) { $0.contains(".disab" + "led(") }
        #expect(found == [])
    }
}

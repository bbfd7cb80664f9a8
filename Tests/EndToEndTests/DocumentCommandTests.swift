import Foundation
import TestSupport
import Testing

/// What documents tell to type works: commands of `hookline` are carried out on a real server,
/// those of other machines are at least read by the shell.
extension EndToEnd {
    @Suite struct DocumentCommandTests {
        /// Programs that are started here; all others only exist where Hookline is installed.
        private static let local: Set = ["hookline", "curl", "sqlite3", "umask", "make"]

        @Test func `every command in README and docs can be typed`() throws {
            let stage = try DocumentStage()
            var done: Set<String> = []
            var count = 0
            for document in DocumentCommands.documents {
                let (commands, mixed) = DocumentCommands.read(document)
                #expect(mixed == [])
                stage.begin()
                for command in commands {
                    guard done.insert(stage.line(command)).inserted else { continue }
                    count += 1
                    try check(command, on: stage)
                }
            }
            #expect(count > 60)
        }

        private func check(_ command: DocumentCommand, on stage: DocumentStage) throws {
            let syntax = try ChildProcess.run("bash", ["-nc", command.text])
            #expect(syntax.status == 0, "\(command): \(syntax.errors)")
            if command.program == "export" { return stage.export(command) }
            guard Self.local.contains(command.program) else { return }
            // Another program's server, and Twilio's: nothing of it is here.
            let isElsewhere = ["//localhost:", "hookline doctor"].contains {
                command.text.contains($0)
            }
            guard !isElsewhere else { return }
            let fault = try stage.fault(command)
            #expect(fault == nil, "\(command): \(fault ?? "")")
        }

        @Test func `every command in a sentence is one, with options that it has`() throws {
            var help: [String: String] = [:]
            var count = 0
            let settings = Set(
                Repository.text("docs/configuration.md").matches(of: /\n\| `(--[a-z-]+)/)
                    .map { String($0.output.1) })
            // What is still to come stands in the list of requirements.
            for document in DocumentCommands.documents where document != "docs/requirements.md" {
                for command in DocumentCommands.inline(document) {
                    let words = command.text.split(separator: " ").dropFirst().map(String.init)
                    let path = words.prefix { $0.allSatisfy { $0.isLowercase || $0 == "-" } }
                        .filter { !$0.hasPrefix("-") }
                    let name = path.joined(separator: " ")
                    if help[name] == nil {
                        let shown = try ChildProcess.run(Repository.hookline, ["help"] + path)
                        #expect(shown.status == 0, "\(command)")
                        help[name] = shown.output
                    }
                    for flag in words where flag.hasPrefix("--") && flag != "--help" {
                        let isKnown =
                            help[name]?.contains("\(flag) ") == true
                            || help[name]?.contains("\(flag)\n") == true || settings.contains(flag)
                        #expect(isKnown, "\(command): \(flag)")
                    }
                    count += 1
                }
            }
            #expect(count > 30)
        }
    }
}

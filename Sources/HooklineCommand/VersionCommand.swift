import ArgumentParser
import Hookline

/// `hookline version`.
struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version",
        abstract: "Shows the versions of this program, its sources, Swift and the libraries.")

    func run() {
        Terminal.data("hookline \(Version.current)\n")
        Terminal.data("revision \(Version.revision)\n")
        Terminal.data("Swift \(Version.swift)\n")
        for library in Version.libraries {
            Terminal.data("\(library.name) \(library.version)\n")
        }
    }
}

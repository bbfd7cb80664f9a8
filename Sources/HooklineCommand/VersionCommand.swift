import ArgumentParser
import Hookline

/// `hookline version`.
struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Shows the versions of this program and its libraries.")

    func run() {
        Terminal.data("hookline \(Version.current)\n")
        Terminal.data("Swift \(Version.swift)\n")
        for library in Version.libraries {
            Terminal.data("\(library.name) \(library.version)\n")
        }
    }
}

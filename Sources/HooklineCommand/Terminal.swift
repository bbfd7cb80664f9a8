import ArgumentParser
import Foundation

/// Data goes to standard output, diagnostics to standard error.
enum Terminal {
    /// Writes data as it is.
    static func data(_ text: String) {
        FileHandle.standardOutput.write(Data(text.utf8))
    }

    /// Writes one line for people.
    static func diagnostic(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }

    /// Asks something; the answer is typed on the same line.
    static func question(_ text: String) {
        FileHandle.standardError.write(Data(text.utf8))
    }

    /// Says why a command failed and ends it with a status: 1 failed, 2 wrong usage.
    static func failure(_ sentences: [String], status: Int32 = 1) -> ExitCode {
        for sentence in sentences { diagnostic("hookline: \(sentence)") }
        return ExitCode(status)
    }
}

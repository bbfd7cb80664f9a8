import Foundation

/// `openssl s_server` with a certificate of its own for `localhost`, in a temporary folder.
final class TLSServer {
    /// Whether the program is there.
    static let isAvailable = FileManager.default.isExecutableFile(atPath: program)
    private static let program = "/usr/bin/openssl"

    /// The port it listens on.
    let port: UInt16
    /// The certificate, which is its own authority.
    let certificate: String
    private let folder: URL
    private let process: Process

    init() throws {
        ProxyTrap.set()
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("hookline-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        certificate = folder.appendingPathComponent("certificate.pem").path
        let key = folder.appendingPathComponent("key.pem").path
        let maker = Self.openssl([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost",
        ])
        maker.standardError = FileHandle.nullDevice
        try maker.run()
        maker.waitUntilExit()
        process = Self.openssl([
            "s_server", "-accept", "127.0.0.1:0", "-cert", certificate, "-key", key, "-www",
        ])
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        port = Self.readPort(output.fileHandleForReading)
    }

    deinit {
        process.terminate()
        process.waitUntilExit()
        // A leftover in the temporary folder is no fault of the test.
        try? FileManager.default.removeItem(at: folder)
    }

    private static func openssl(_ arguments: [String]) -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        return process
    }

    /// Reads up to the line `ACCEPT 127.0.0.1:12345`.
    private static func readPort(_ output: FileHandle) -> UInt16 {
        var text = ""
        while true {
            let piece = output.availableData
            guard !piece.isEmpty else { return 0 }
            text += String(decoding: piece, as: UTF8.self)
            guard let line = text.split(separator: "\n", omittingEmptySubsequences: false)
                .dropLast().first(where: { $0.hasPrefix("ACCEPT") })
            else { continue }
            return line.split(separator: ":").last.flatMap { UInt16($0) } ?? 0
        }
    }
}

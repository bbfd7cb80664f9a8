import Foundation
import TestSupport

/// `openssl s_server` with a certificate of its own for `localhost`, in a temporary folder.
final class TLSServer {
    /// Whether the program is there.
    static let isAvailable = FileManager.default.isExecutableFile(atPath: program)
    private static let program = "/usr/bin/openssl"

    /// The port it listens on.
    let port: UInt16
    /// The certificate, which is its own authority.
    let certificate: String
    private let folder: TemporaryFolder
    private let process: ChildProcess

    init() throws {
        folder = try TemporaryFolder()
        certificate = folder.path("certificate.pem")
        let key = folder.path("key.pem")
        let made = try ChildProcess.run(
            Self.program,
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                "-nodes", "-keyout", key, "-out", certificate, "-days", "2",
                "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
            ])
        guard made.status == 0 else { throw ChildProcess.Failure(made.errors) }
        process = try ChildProcess(
            Self.program,
            ["s_server", "-accept", "127.0.0.1:0", "-cert", certificate, "-key", key, "-www"],
            output: folder.path("output"))
        guard let port = Self.port(folder) else {
            throw ChildProcess.Failure("openssl s_server does not say its port")
        }
        self.port = port
    }

    /// The port of the line `ACCEPT 127.0.0.1:12345`.
    private static func port(_ folder: TemporaryFolder) -> UInt16? {
        var port: UInt16?
        _ = eventually {
            let line = folder.text("output").split(
                separator: "\n", omittingEmptySubsequences: false
            )
            .dropLast().first { $0.hasPrefix("ACCEPT") }
            port = line?.split(separator: ":").last.flatMap { UInt16($0) }
            return port != nil
        }
        return port
    }
}

import Foundation

/// `openssl s_server` with a certificate of its own for `localhost`, in a temporary folder.
public final class TLSServer {
    /// Whether the program is there.
    public static let isAvailable = FileManager.default.isExecutableFile(atPath: program)
    private static let program = "/usr/bin/openssl"

    /// The port it listens on.
    public let port: UInt16
    /// The certificate, which is its own authority.
    public let certificate: String
    private let folder: TemporaryFolder
    private let process: ChildProcess

    /// Starts it and waits until it listens. A certificate of `days` below 0 has expired.
    public init(days: Int = 2) throws {
        folder = try TemporaryFolder()
        certificate = folder.path("certificate.pem")
        let key = folder.path("key.pem")
        try Self.run([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost",
        ])
        if days < 0 {
            // `req` makes none that has expired.
            let request = folder.path("request.pem")
            try Self.run([
                "x509", "-x509toreq", "-in", certificate, "-signkey", key, "-out", request,
            ])
            try Self.run([
                "x509", "-req", "-in", request, "-signkey", key, "-days", "\(days)",
                "-out", certificate,
            ])
        }
        process = try ChildProcess(
            Self.program,
            ["s_server", "-accept", "127.0.0.1:0", "-cert", certificate, "-key", key, "-www"],
            output: folder.path("output"))
        guard let port = Self.port(folder) else {
            throw ChildProcess.Failure("openssl s_server does not say its port")
        }
        self.port = port
    }

    private static func run(_ arguments: [String]) throws {
        let made = try ChildProcess.run(program, arguments)
        guard made.status == 0 else { throw ChildProcess.Failure(made.errors) }
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

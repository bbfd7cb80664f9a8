import Foundation
import TestSupport

/// A real nginx in front of a sink that records what it passes on.
final class Nginx {
    /// What a test gives it.
    struct Options {
        /// What stands in the server's block: locations, `proxy_pass SINK`, fields.
        var server: String
        /// Speaks TLS with a certificate of its own making.
        var isTLS = false
    }

    /// The port that it listens on.
    let port: UInt16
    private let isTLS: Bool
    private let folder: TemporaryFolder
    private let process: ChildProcess
    private let sink: LoopbackServer

    private static let program = "/usr/sbin/nginx"

    /// Starts it on a free port; `SINK` in the configuration stands for the sink's address.
    init(_ options: Options) throws {
        let sink = try LoopbackServer(answering: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        self.sink = sink
        isTLS = options.isTLS
        folder = try TemporaryFolder()
        if options.isTLS { try Self.makeCertificate(in: folder) }
        // The port is free when it is chosen; another process may be quicker.
        for _ in 0..<10 {
            let port = try LoopbackSocket.closedPort()
            try folder.write(
                Self.configuration(options, folder, port, sink.port), to: "nginx.conf")
            let started = try ChildProcess(
                Self.program, ["-c", folder.path("nginx.conf"), "-p", folder.path],
                errors: folder.path("errors"))
            let isListening = eventually {
                started.exitStatus != nil || (try? RawClient(port: port)) != nil
            }
            if isListening, started.exitStatus == nil {
                self.port = port
                process = started
                return
            }
        }
        throw ChildProcess.Failure("nginx does not start: \(folder.text("errors"))")
    }

    /// Sends a request as Twilio would, with more fields if there are any; what nginx passed on of
    /// it, as it went over the wire.
    func pass(_ webhook: SignedWebhook, adding lines: [String] = []) throws -> [UInt8] {
        let before = sink.requests.count
        let request = try webhook.request().replacing(
            "\r\nContent-Length",
            with: "\r\n" + (lines + ["Connection: close"]).joined(separator: "\r\n")
                + "\r\nContent-Length")
        if isTLS {
            _ = try ChildProcess.run(
                "openssl", ["s_client", "-quiet", "-connect", "127.0.0.1:\(port)"],
                input: Array(request.utf8))
        } else {
            let client = try RawClient(port: port)
            client.send(request)
            _ = client.response()
        }
        guard sink.requests.count == before + 1, let passed = sink.requests.last else {
            throw ChildProcess.Failure("nginx passed nothing on: \(folder.text("errors"))")
        }
        return passed.head + passed.body
    }

    private static func configuration(
        _ options: Options, _ folder: TemporaryFolder, _ port: UInt16, _ sink: UInt16
    ) -> String {
        let tls =
            options.isTLS
            ? "ssl_certificate certificate.pem; ssl_certificate_key key.pem;" : ""
        return """
            daemon off; master_process off; pid nginx.pid; error_log stderr;
            events { worker_connections 64; }
            http {
              access_log off;
              client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
              uwsgi_temp_path uwsgi; scgi_temp_path scgi;
              server {
                listen 127.0.0.1:\(port)\(options.isTLS ? " ssl" : ""); \(tls)
                \(options.server.replacing("SINK", with: "http://127.0.0.1:\(sink)"))
              }
            }
            """
    }

    private static func makeCertificate(in folder: TemporaryFolder) throws {
        let made = try ChildProcess.run(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                "-nodes", "-keyout", folder.path("key.pem"), "-out",
                folder.path("certificate.pem"), "-days", "2", "-subj", "/CN=hooks.example.com",
            ])
        guard made.status == 0 else { throw ChildProcess.Failure(made.errors) }
    }
}

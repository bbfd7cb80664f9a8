import Foundation
import TestSupport
import Testing

/// What stands in deploy/, word by word but for addresses and files, in front of a receiver.
extension EndToEnd {
    @Suite struct DeployedProxyTests {
        enum Proxy: String, CaseIterable, Sendable {
            case nginx
            /// Passes a body on while it comes, over connections of HTTP/1.0.
            case unbufferedNginx
            case caddy
        }

        /// A proxy with a certificate of its own making, on a free port.
        private final class Deployed {
            let port: UInt16
            private let folder: TemporaryFolder
            private let process: ChildProcess

            init(_ proxy: Proxy, to receiver: UInt16) throws {
                folder = try TemporaryFolder()
                let made = try ChildProcess.run(
                    "openssl",
                    [
                        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                        "-nodes", "-keyout", folder.path("privkey.pem"), "-out",
                        folder.path("fullchain.pem"), "-days", "2", "-subj",
                        "/CN=hooks.example.com", "-addext", "subjectAltName=DNS:hooks.example.com",
                    ])
                guard made.status == 0 else { throw ChildProcess.Failure(made.errors) }
                // The port is free when it is chosen; another process may be quicker.
                for _ in 0..<10 {
                    let port = try LoopbackSocket.closedPort()
                    let file = try Self.write(proxy, folder, port, receiver)
                    let started = try ChildProcess(
                        proxy == .caddy ? "caddy" : "/usr/sbin/nginx",
                        proxy == .caddy
                            ? ["run", "--adapter", "caddyfile", "--config", file]
                            : ["-c", file, "-p", folder.path],
                        environment: ["HOME": folder.path, "XDG_DATA_HOME": folder.path],
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
                throw ChildProcess.Failure("\(proxy) does not start: \(folder.text("errors"))")
            }

            private static func write(
                _ proxy: Proxy, _ folder: TemporaryFolder, _ port: UInt16, _ receiver: UInt16
            ) throws -> String {
                let name = proxy == .caddy ? "Caddyfile" : "nginx.conf"
                var text = try String(
                    contentsOfFile: Repository.root + "/deploy/" + name, encoding: .utf8
                ).replacing("127.0.0.1:8080", with: "127.0.0.1:\(receiver)")
                if proxy == .caddy {
                    text = text.replacing(
                        "hooks.example.com {",
                        with: """
                            hooks.example.com:\(port) {
                            \ttls \(folder.path("fullchain.pem")) \(folder.path("privkey.pem"))
                            """)
                    text = "{\n\tadmin off\n\tauto_https disable_redirects\n}\n" + text
                } else {
                    if proxy == .unbufferedNginx {
                        text = text.replacing(
                            "proxy_http_version 1.1;",
                            with: "proxy_http_version 1.0; proxy_request_buffering off;")
                    }
                    text = text.replacing("listen 443", with: "listen 127.0.0.1:\(port)")
                        .replacing("/etc/ssl/hookline", with: folder.path)
                    text = """
                        daemon off; master_process off; pid nginx.pid; error_log stderr;
                        events { worker_connections 64; }
                        http {
                          access_log off;
                          client_body_temp_path body; proxy_temp_path proxy;
                          fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
                        \(text)
                        }
                        """
                }
                try folder.write(text, to: name)
                return folder.path(name)
            }

            /// The status of a webhook that is sent over TLS.
            func post(_ webhook: SignedWebhook, _ arguments: [String] = []) throws -> String {
                let address = "\(webhook.host):127.0.0.1"
                let run = try ChildProcess.run(
                    "curl",
                    [
                        "--silent", "--show-error", "--max-time", "20", "--cacert",
                        folder.path("fullchain.pem"), "--resolve", address, "--data-binary",
                        webhook.form, "--output", "/dev/null", "--write-out", "%{http_code}",
                        "--header", "X-Twilio-Signature: \(try webhook.signature())",
                    ] + arguments + ["\(webhook.scheme)://\(webhook.host)\(webhook.path)"])
                return run.output + run.errors
            }
        }

        @Test(arguments: Proxy.allCases)
        func `behind each proxy a webhook is taken by either way to know the origin`(
            _ proxy: Proxy
        ) throws {
            for hasURL in [true, false] {
                // The port is known when the proxy runs, and the receiver before it.
                let port = try LoopbackSocket.closedPort()
                let listening = ["--listen", "127.0.0.1:\(port)"]
                let deployed = try Deployed(proxy, to: port)
                var webhook = SignedWebhook(sid: "SM1")
                webhook.scheme = "https"
                webhook.host = "hooks.example.com:\(deployed.port)"
                let url = ["--public-url", "https://\(webhook.host)"]
                let receiver = try Receiver(
                    listening, origin: (hasURL ? url : []) + ["--trusted-proxies", "127.0.0.1/32"])
                for (number, arguments) in [
                    [], ["--http1.1"], ["--http1.1", "--header", "Transfer-Encoding: chunked"],
                    ["--http1.1", "--header", "Expect: 100-continue"],
                ].enumerated() {
                    webhook.fields[3].value = "SM\(hasURL)\(number)"
                    let status = try deployed.post(webhook, arguments)
                    #expect(status == "200", "\(proxy) \(arguments)")
                }
                var forged = webhook
                forged.token = "another"
                #expect(try deployed.post(forged) == "403")
                #expect(receiver.stop() == 0)
            }
        }
    }
}

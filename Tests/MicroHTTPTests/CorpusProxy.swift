import TestSupport

/// A real proxy in front of a test's server, which notes each request that it passed on.
final class CorpusProxy {
    enum Kind: String, CaseIterable, Sendable {
        case nginx
        /// nginx that passes a body on while it comes.
        case unbufferedNginx
        case haproxy
    }

    let port: UInt16
    private let folder: TemporaryFolder
    private let process: ChildProcess

    init(_ kind: Kind, to server: UInt16) throws {
        folder = try TemporaryFolder()
        // The port is free when it is chosen; another process may be quicker.
        for _ in 0..<10 {
            let port = try LoopbackSocket.closedPort()
            let configuration =
                kind == .haproxy
                ? Self.haproxy(port, server)
                : Self.nginx(port, server, isBuffering: kind == .nginx)
            try folder.write(configuration, to: "proxy.conf")
            let file = folder.path("proxy.conf")
            let started = try ChildProcess(
                kind == .haproxy ? "/usr/sbin/haproxy" : "/usr/sbin/nginx",
                kind == .haproxy ? ["-db", "-f", file] : ["-c", file, "-p", folder.path],
                output: folder.path("output"), errors: folder.path("errors"))
            let isListening = eventually {
                started.exitStatus != nil || (try? RawClient(port: port)) != nil
            }
            if isListening, started.exitStatus == nil {
                self.port = port
                process = started
                return
            }
        }
        throw ChildProcess.Failure("\(kind) does not start: \(folder.text("errors"))")
    }

    /// How many requests it has passed on that the server answered 200.
    var taken: Int {
        folder.text("output").split(separator: "\n").count { line in
            line.contains("passed server 200 ")
                || line.contains("passed 127.0.0.1:") && line.split(separator: " ")[2] == "200"
        }
    }

    private static func nginx(_ port: UInt16, _ server: UInt16, isBuffering: Bool) -> String {
        """
        daemon off; master_process off; pid nginx.pid; error_log stderr;
        events { worker_connections 256; }
        http {
          log_format corpus 'passed $upstream_addr $upstream_status "$request"';
          access_log /dev/stdout corpus;
          client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
          uwsgi_temp_path uwsgi; scgi_temp_path scgi;
          upstream server { server 127.0.0.1:\(server); keepalive 8; }
          server {
            listen 127.0.0.1:\(port); client_header_timeout 1s; client_body_timeout 1s;
            location / {
              proxy_pass http://server; proxy_http_version 1.1; proxy_next_upstream off;
              proxy_ignore_client_abort on;
              proxy_set_header Connection ""; proxy_set_header Host $http_host;
              proxy_request_buffering \(isBuffering ? "on" : "off");
            }
          }
        }
        """
    }

    private static func haproxy(_ port: UInt16, _ server: UInt16) -> String {
        """
        global
          log stdout format raw local0
          maxconn 256
        defaults
          mode http
          log global
          timeout client 1s
          timeout server 5s
          timeout connect 5s
          timeout http-request 1s
          retries 0
        frontend corpus
          bind 127.0.0.1:\(port)
          log-format "passed %s %ST %ts %{+Q}r"
          default_backend servers
        backend servers
          http-reuse always
          server server 127.0.0.1:\(server)

        """
    }
}

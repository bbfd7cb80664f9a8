import MicroHTTP
import OpenSSL
import Prometheus

/// Serves the status page and the figures that it shows.
final class StatusEndpoint: Sendable {
    private let registry: Registry
    private let monitor: Monitor
    private let health: Health
    private let page: HTTPResponse

    init(registry: Registry, monitor: Monitor, health: Health) {
        self.registry = registry
        self.monitor = monitor
        self.health = health
        page = Self.makePage()
    }

    /// The figures of this moment, one line of JSON.
    var document: HTTPResponse {
        var body: [UInt8] = []
        StatusDocument(registry, monitor: monitor, health: health).json.write(to: &body)
        body.append(0x0a)
        let type = HTTPField("Content-Type", "application/json")
        return HTTPResponse(status: 200, fields: [type] + Self.guarding, body: body)
    }

    /// The page; the same bytes for everybody, all figures come from `document`.
    var html: HTTPResponse { page }

    private static let guarding = [
        HTTPField("X-Content-Type-Options", "nosniff"), HTTPField("Cache-Control", "no-store"),
        HTTPField("Referrer-Policy", "no-referrer"),
    ]

    /// Puts style and script into the page. The policy names both by their digests, so that
    /// nothing else runs, whatever comes into the page.
    private static func makePage() -> HTTPResponse {
        let style = PackageResources.status_css
        let script = PackageResources.status_js
        var body: [UInt8] = []
        for line in PackageResources.status_html.split(separator: 0x0a) {
            if line.elementsEqual("@style".utf8) {
                body += Array("<style>".utf8) + style + Array("</style>".utf8)
            } else if line.elementsEqual("@script".utf8) {
                body += Array("<script>".utf8) + script + Array("</script>".utf8)
            } else {
                body += line
            }
            body.append(0x0a)
        }
        let policy = [
            "default-src 'none'", "style-src '\(digest(style))'", "script-src '\(digest(script))'",
            "connect-src 'self'", "img-src data:", "base-uri 'none'", "form-action 'none'",
            "frame-ancestors 'none'",
        ].joined(separator: "; ")
        return HTTPResponse(
            status: 200,
            fields: [
                HTTPField("Content-Type", "text/html; charset=utf-8"),
                HTTPField("Content-Security-Policy", text: policy),
            ] + guarding, body: body)
    }

    private static func digest(_ text: [UInt8]) -> String {
        "sha256-" + String(decoding: Base64.encode(SHA256.digest(text)), as: UTF8.self)
    }
}

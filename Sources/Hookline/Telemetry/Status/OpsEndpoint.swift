import MicroHTTP

/// Serves `/metrics`, `/healthz`, `/readyz` and the status page.
final class OpsEndpoint: HTTPHandler {
    private let metrics: MetricsEndpoint
    private let health: Health
    private let log: Log
    private let status: StatusEndpoint
    private let hosts: OpsHosts

    init(
        metrics: MetricsEndpoint, health: Health, status: StatusEndpoint, hosts: OpsHosts, log: Log
    ) {
        self.hosts = hosts
        self.metrics = metrics
        self.status = status
        self.health = health
        self.log = log
    }

    /// True when the request is one of this endpoint's; the webhook listener serves `/healthz`
    /// too, and the others when `all`.
    func answers(_ request: HTTPRequest, all: Bool) -> Bool {
        guard let path = OpsPath(request.path) else { return false }
        return all || path == .health
    }

    func receive(_ exchange: HTTPExchange) {
        let request = exchange.request
        guard let path = OpsPath(request.path) else {
            exchange.answer(HTTPResponse(status: 404))
            return
        }
        // Whether it lives is no secret, and is asked by load balancers of many names.
        guard path == .health || hosts.allows(request.fields.first("host")) else {
            exchange.answer(Self.misdirected)
            return
        }
        switch path {
        case .metrics: metrics.receive(exchange)
        case .health: answer(exchange, Self.page(health.serving))
        case .ready: answer(exchange, Self.page(health.ready))
        case .status: answer(exchange, status.html)
        case .statusDocument: answer(exchange, status.document)
        }
    }

    func refused(_ request: HTTPRefusedRequest, _ completion: HTTPCompletion) {}
    func dropped(loop: Int) {}
    func turnEnded(loop: Int) {}
    func turned(loop: Int, lagNanoseconds: UInt64) {}

    func ended(_ end: HTTPConnectionEnd, peer: [UInt8], loop: Int) {}
    func engineMessage(_ message: String, loop: Int) {
        log.write(LogLine(.debug, "libmicrohttpd").with("message", message))
    }

    private func answer(_ exchange: HTTPExchange, _ page: @autoclosure () -> HTTPResponse) {
        let method = exchange.request.method
        guard method == .get || method == .head else {
            exchange.answer(HTTPResponse(status: 405, fields: [HTTPField("Allow", "GET, HEAD")]))
            return
        }
        exchange.answer(page())
    }

    private static let misdirected = HTTPResponse(
        status: 421, fields: [HTTPField("Content-Type", "text/plain; charset=utf-8")],
        fixedBody: "This name is not known here: list it in --ops-hosts.\n")

    private static func page(_ verdict: Health.Verdict) -> HTTPResponse {
        let type = HTTPField("Content-Type", "text/plain; charset=utf-8")
        return HTTPResponse(
            status: verdict.isGood ? 200 : 503, fields: [type],
            body: Array((verdict.sentence + "\n").utf8))
    }
}

import MicroHTTP
import Prometheus
import Synchronization

/// Serves `/metrics`, `/healthz`, `/readyz` and the status page.
final class OpsEndpoint: HTTPHandler {
    private let registry: Registry
    private let health: Health
    private let log: Log
    private let status: StatusEndpoint
    /// The page is rendered into the same storage again and again.
    private let page = Mutex<[UInt8]>([])

    init(registry: Registry, health: Health, status: StatusEndpoint, log: Log) {
        self.status = status
        self.registry = registry
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
        guard request.method == .get || request.method == .head else {
            exchange.answer(HTTPResponse(status: 405, fields: [HTTPField("Allow", "GET, HEAD")]))
            return
        }
        switch path {
        case .metrics: exchange.answer(metricsPage())
        case .health: exchange.answer(Self.page(health.serving))
        case .ready: exchange.answer(Self.page(health.ready))
        case .status: exchange.answer(status.html)
        case .statusDocument: exchange.answer(status.document)
        }
    }

    func refused(_ refusal: HTTPRefusal, _ completion: HTTPCompletion) {}
    func dropped(loop: Int) {}
    func turnEnded(loop: Int) {}
    func turned(loop: Int, lagNanoseconds: UInt64) {}

    func engineMessage(_ message: String) {
        log.write(LogLine(.debug, "libmicrohttpd").with("message", message))
    }

    private func metricsPage() -> HTTPResponse {
        let body = page.withLock { page in
            page.removeAll(keepingCapacity: true)
            registry.renderText(into: &page)
            return page
        }
        let type = HTTPField("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        return HTTPResponse(status: 200, fields: [type], body: body)
    }

    private static func page(_ verdict: Health.Verdict) -> HTTPResponse {
        let type = HTTPField("Content-Type", "text/plain; charset=utf-8")
        return HTTPResponse(
            status: verdict.isGood ? 200 : 503, fields: [type],
            body: Array((verdict.sentence + "\n").utf8))
    }
}

/// The paths of the ops listener.
enum OpsPath: String, CaseIterable, Sendable {
    case metrics = "/metrics"
    case health = "/healthz"
    case ready = "/readyz"
    case status = "/"
    case statusDocument = "/status.json"

    init?(_ path: ArraySlice<UInt8>) {
        guard let known = Self.allCases.first(where: { path.elementsEqual($0.rawValue.utf8) })
        else { return nil }
        self = known
    }
}

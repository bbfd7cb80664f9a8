import MicroHTTP
import POSIX
import Prometheus
import Synchronization

/// Serves `/metrics`: the format and the coding that the scraper asks for, on the loop that
/// received the request.
///
/// At most `scrapesMax` pages are being sent at once; each has memory of its own, which the next
/// scrape uses again, so that scrapes neither wait for each other nor allocate pages.
final class MetricsEndpoint: Sendable {
    private let registry: Registry
    private let metrics: ScrapeMetrics
    private let log: Log
    private let offersProtobuf: Bool
    private let scrapesMax: Int
    private let pages = Mutex<[ScrapePage]>([])

    init(_ configuration: Configuration, _ metrics: ReceiverMetrics, _ log: Log) {
        registry = metrics.registry
        self.metrics = metrics.scrapes
        self.log = log
        offersProtobuf = configuration.nativeHistograms
        scrapesMax = configuration.scrapesMax
    }

    /// Answers a request for metrics.
    func receive(_ exchange: HTTPExchange) {
        let request = exchange.request
        guard request.method == .get || request.method == .head else {
            return answer(
                exchange, .methodNotAllowed,
                HTTPResponse(status: 405, fields: [HTTPField("Allow", "GET, HEAD")]))
        }
        guard metrics.begin(max: scrapesMax) else { return fail(exchange, .busy) }
        let ticket = ScrapeTicket(
            metrics, takePage(),
            giveBack: { page in
                self.pages.withLock { $0.append(page) }
            })
        let deadline = ScrapeDeadline(request)
        guard !deadline.isOver else { return fail(exchange, .timeout) }
        let negotiated = ContentNegotiation(
            accept: request.fields.all("accept"),
            acceptEncoding: request.fields.all("accept-encoding"), offersProtobuf: offersProtobuf)
        let body = render(negotiated, ticket, deadline, shard: exchange.loop)
        guard !deadline.isOver else { return fail(exchange, .timeout) }
        var fields = [
            HTTPField("Content-Type", text: negotiated.contentType),
            HTTPField("Vary", text: ContentNegotiation.vary),
        ]
        if body.isGzip { fields.append(HTTPField("Content-Encoding", "gzip")) }
        answer(
            exchange, .ok, HTTPResponse(status: 200, fields: fields, body: body.bytes), ticket)
    }

    private func render(
        _ negotiated: ContentNegotiation, _ ticket: ScrapeTicket, _ deadline: ScrapeDeadline,
        shard: Int
    ) -> (bytes: [UInt8], isGzip: Bool) {
        let start = MonotonicClock.now()
        defer {
            metrics.renderDuration[negotiated.format].observe(
                nanoseconds: MonotonicClock.now() - start, shard: shard)
        }
        return ticket.page.withLock { page in
            registry.render(negotiated.format, into: &page.exposition)
            // A page that nobody waits for is not worth compressing.
            guard negotiated.isGzip, !deadline.isOver else { return (page.exposition.bytes, false) }
            if page.compress() { return (page.compressed, true) }
            metrics.errors[.compression].add(shard: shard)
            log.write(LogLine(.error, "libdeflate cannot compress the metrics"))
            return (page.exposition.bytes, false)
        }
    }

    private func takePage() -> ScrapePage {
        pages.withLock { $0.popLast() } ?? ScrapePage()
    }

    private func fail(_ exchange: HTTPExchange, _ cause: ScrapeError) {
        metrics.errors[cause].add(shard: exchange.loop)
        answer(
            exchange, .unavailable,
            HTTPResponse(status: 503, fields: [HTTPField("Retry-After", "1")]))
    }

    private func answer(
        _ exchange: HTTPExchange, _ status: ScrapeStatus, _ response: HTTPResponse,
        _ ticket: ScrapeTicket? = nil
    ) {
        metrics.requests[status].add(shard: exchange.loop)
        exchange.answer(response, observer: ticket)
    }
}

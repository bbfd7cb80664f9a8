import Deflate
import MicroHTTP
import POSIX
import Prometheus
import Synchronization

/// The memory of one scrape, used again by a later one.
struct ScrapePage: Sendable {
    /// The page as rendered.
    var exposition = ExpositionPage()
    /// The page compressed, if the scraper wants that.
    private(set) var compressed: [UInt8] = []
    private var encoder: GzipEncoder?

    /// Fills `compressed`; false when libdeflate fails, which it does only for want of memory.
    mutating func compress() -> Bool {
        do throws(DeflateError) {
            // Level 1: a page shrinks to a tenth at any level, and the loop waits.
            if encoder == nil { encoder = try GzipEncoder(level: 1) }
            try encoder?.encode(exposition.bytes, into: &compressed)
            return true
        } catch {
            return false
        }
    }
}

/// A place among the scrapes under way: given back, with its page, when the last reference goes,
/// that is when the page has been sent, or its connection is gone, or no page was made.
final class ScrapeTicket: HTTPCompletionObserver {
    /// The page; touched by the loop of the request only.
    let page: Mutex<ScrapePage>
    private let metrics: ScrapeMetrics
    private let giveBack: @Sendable (ScrapePage) -> Void

    init(
        _ metrics: ScrapeMetrics, _ page: ScrapePage,
        giveBack: @escaping @Sendable (ScrapePage) -> Void
    ) {
        self.metrics = metrics
        self.page = Mutex(page)
        self.giveBack = giveBack
    }

    deinit {
        giveBack(page.withLock { $0 })
        metrics.end()
    }

    func completed(_ completion: HTTPCompletion) {
        if completion.aborted { metrics.errors[.aborted].add(shard: completion.loop) }
    }
}

/// Until when a scraper waits for its page: its `X-Prometheus-Scrape-Timeout-Seconds` after its
/// request line; for ever if it does not say.
struct ScrapeDeadline {
    private let nanoseconds: UInt64?

    init(_ request: HTTPRequest) {
        let text = request.fields.first("x-prometheus-scrape-timeout-seconds")
        let seconds = text.flatMap { Double(String(decoding: $0, as: UTF8.self)) }
        // A day is for ever here; anything that is no positive number is no limit.
        guard let seconds, seconds > 0, seconds < 86_400 else {
            nanoseconds = nil
            return
        }
        nanoseconds = request.startedNanoseconds + UInt64(seconds * 1e9)
    }

    /// True when the scraper waits no longer.
    var isOver: Bool { nanoseconds.map { MonotonicClock.now() >= $0 } ?? false }
}

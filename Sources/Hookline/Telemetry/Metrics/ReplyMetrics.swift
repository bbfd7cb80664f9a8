import Prometheus
import TwilioAPI

/// What became of a reply, as the label `result`.
enum ReplyResult: String, LabelValue {
    /// Twilio took it.
    case sent
    /// Twilio had taken it already: its list showed a message whose outcome was not known.
    case found
    /// It was sent once more, because Twilio's list did not show it.
    case repeated
    /// A document that the answer goes on with was fetched.
    case redirected
    /// Twilio refused it for good.
    case refused
    /// It could not be sent within the retry window.
    case expired
    /// Twilio would not have sent it: too long, too many media, or empty.
    case invalid
    /// The answer could not be read; nothing of it was done.
    case unreadable
    /// A verb that does nothing with a message.
    case unknownVerb = "unknown_verb"
}

/// Twilio's code of a refusal, as the label `code`; those that have no remedy here.
enum RefusalCode: String, LabelValue {
    /// The customer has opted out.
    case optedOut = "21610"
    /// Outside of the 24 hours in which WhatsApp takes free text.
    case outsideWindow = "63016"
    /// Not a number that can get messages.
    case invalidNumber = "21211"
    /// The account may not send to that country.
    case noPermission = "21408"
    /// The number may not send.
    case invalidSender = "21606"
    /// Too long.
    case tooLong = "21617"
    case other

    init(_ code: Int?) { self = Self(rawValue: code.map { "\($0)" } ?? "") ?? .other }
}

extension APIResource: LabelValue {}
extension APIResult: LabelValue {}

/// The instruments of replies and of Twilio's API. Any thread.
final class ReplyMetrics: Sendable, APIObserver {
    private let results: Counters<ReplyResult>
    private let refusals: Counters<RefusalCode>
    private let requests: Counters2<APIResource, APIResult>
    private let requestDuration: Histograms<APIResource>
    private let lag: Histogram
    private let shard: Int

    /// Declares them.
    init(registry: Registry, shard: Int, latencyBounds: [Double], lagBounds: [Double]) {
        self.shard = shard
        results = registry.counters(
            "hookline_replies_total",
            help: "Replies that the application's TwiML asked for, by what became of them.",
            label: "result", ReplyResult.self)
        refusals = registry.counters(
            "hookline_reply_refusals_total",
            help: "Replies that Twilio refused for good, by Twilio's code.", label: "code",
            RefusalCode.self)
        requests = registry.counters(
            "hookline_twilio_api_requests_total",
            help: "Requests to Twilio's REST API.", labels: ("resource", "result"),
            APIResource.self, APIResult.self)
        requestDuration = registry.histograms(
            "hookline_twilio_api_request_duration_seconds",
            help: "Time that a request to Twilio's REST API took.", label: "resource",
            APIResource.self, bounds: latencyBounds)
        lag = registry.histogram(
            "hookline_reply_lag_seconds",
            help: "Time from the application's answer to Twilio's receipt of the reply.",
            bounds: lagBounds)
    }

    /// Something became of replies.
    func count(_ result: ReplyResult, _ count: Int = 1) {
        if count > 0 { results[result].add(UInt64(count), shard: shard) }
    }

    /// Twilio refused a reply for good.
    func refused(_ code: Int?) {
        count(.refused)
        refusals[RefusalCode(code)].add(shard: shard)
    }

    /// Twilio has a reply that was owed for so long.
    func sent(afterMilliseconds milliseconds: Int64) {
        count(.sent)
        lag.observe(nanoseconds: UInt64(max(0, milliseconds)) * 1_000_000, shard: shard)
    }

    func ended(_ resource: APIResource, _ result: APIResult, durationNanoseconds: UInt64) {
        requests[resource, result].add(shard: shard)
        requestDuration[resource].observe(nanoseconds: durationNanoseconds, shard: shard)
    }
}

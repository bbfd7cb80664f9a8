import Curl
import TwilioAPI

/// Errors of one code, about one number and one host, that Twilio logged.
public struct AlertSum: Sendable, Equatable, Encodable {
    /// Such as 11200.
    public var code: Int
    /// What the code means.
    public var meaning: String
    /// For which number; nil when Twilio's log does not say.
    public var number: String?
    /// The host that was called; nil when none was.
    public var place: String?
    /// How many.
    public var count: Int
    /// When the last one was, as Twilio writes it.
    public var last: String

    /// How many alerts are asked for one by one: only there Twilio says for which number it was.
    static let detailsMax = 50

    /// Codes that are about webhooks and what they answer
    /// (https://www.twilio.com/docs/api/errors).
    private static func isAboutWebhooks(_ code: Int) -> Bool {
        (11_100..<12_400).contains(code) || (14_100..<14_200).contains(code)
    }

    private static let meanings = [
        11100: "not a URL", 11200: "the webhook answered an error, or without a Content-Type",
        11205: "no connection", 11206: "the answer was not HTTP", 11210: "no such host",
        11215: "too many redirects", 11217: "the webhook answered an error",
        11220: "the TLS handshake failed", 11235: "the certificate is for another host",
        11236: "the certificate has expired", 11237: "the certificate has no known issuer",
        11243: "connection overrides that Twilio does not know", 11321: "a misconfigured webhook",
        11750: "the answer was longer than 64 KiB", 12100: "the answer was not XML",
        12200: "the TwiML has an unknown verb", 12300: "the answer had another Content-Type",
    ]

    /// Sums of the errors since a moment, the newest first.
    static func read(
        _ client: inout APIClient, since milliseconds: Int64
    ) throws(APIFault) -> [AlertSum] {
        let found = try client.list(.alerts(since: milliseconds), rowsMax: 2_000)
        var alerts = found.rows.compactMap(AlertResource.init).filter { isAboutWebhooks($0.code) }
        for index in alerts.indices.prefix(detailsMax) {
            guard let whole = AlertResource(try client.ask(.alert(alerts[index].sid))) else {
                continue
            }
            alerts[index].number = whole.number
        }
        return sums(alerts)
    }

    static func sums(_ alerts: [AlertResource]) -> [AlertSum] {
        var sums: [AlertSum] = []
        for alert in alerts {
            let place = alert.requestURL.flatMap { URLParts(Array($0.utf8))?.host }
            let index = sums.firstIndex {
                $0.code == alert.code && $0.number == alert.number && $0.place == place
            }
            if let index {
                sums[index].count += 1
                sums[index].last = max(sums[index].last, alert.date)
            } else {
                sums.append(
                    AlertSum(
                        code: alert.code, meaning: meanings[alert.code] ?? "",
                        number: alert.number, place: place, count: 1, last: alert.date))
            }
        }
        return sums.sorted { ($0.last, $0.count) > ($1.last, $1.count) }
    }
}

import Curl

/// Asks the public URL from here whether a Hookline serves there.
enum Reachability {
    /// What came of it.
    static func finding(_ expected: ExpectedWebhooks, milliseconds: Int = 5_000) -> Finding {
        let request = TransferRequest(
            url: Array(expected.health.utf8), method: .get,
            connectTimeoutMilliseconds: milliseconds, timeoutMilliseconds: milliseconds)
        do throws(CurlError) {
            var engine = try TransferEngine(connectionsMax: 1)
            try engine.add(request, tag: 1)
            var results: [TransferResult] = []
            while results.isEmpty { try engine.poll(timeoutMilliseconds: 1_000, into: &results) }
            return judge(results[0].outcome)
        } catch {
            return .note("cannot ask the public URL: \(error)")
        }
    }

    private static func judge(_ outcome: TransferResult.Outcome) -> Finding {
        switch outcome {
        case .response(let response) where response.status == 200:
            return .right("the public URL answers from here")
        case .response(let response):
            return .note(
                "the public URL answers \(response.status) to /healthz, as a proxy does that "
                    + "passes nothing but /webhook")
        case .failed(.tls, _, let message):
            return .wrong(
                .unreachable,
                "the public URL has a certificate or TLS that Twilio would refuse (\(message)): "
                    + "correct it")
        case .failed(.resolve, _, let message):
            return .wrong(
                .unreachable,
                "the host of the public URL has no address (\(message)): correct --public-url, or "
                    + "the name server")
        case .failed(_, _, let message):
            return .note(
                "the public URL cannot be reached from here (\(message)): some networks cannot "
                    + "reach themselves, so look whether Twilio's errors below say the same")
        }
    }
}

import Curl
import OpenSSL
import TestSupport

@testable import Hookline

/// Forwards one webhook after another over libcurl to applications on 127.0.0.1 and ::1, which
/// record what they got.
struct ForwardingBench: ~Copyable {
    static let token = "0123456789abcdef0123456789abcdef"
    static let account = "AC" + String(repeating: "a", count: 32)
    static let origin = "https://hooks.example.com"
    static let form = "application/x-www-form-urlencoded"

    /// A webhook did not arrive.
    struct Undelivered: Error {
        var outcome: TransferResult.Outcome?
    }

    /// The application on 127.0.0.1.
    let application: LoopbackServer
    /// The application on ::1.
    let applicationOnIPv6: LoopbackServer
    private var engine: TransferEngine

    init() throws {
        let ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        let application = try LoopbackServer(answering: ok)
        let applicationOnIPv6 = try LoopbackServer(answering: ok, onIPv6: true)
        engine = try TransferEngine(connectionsMax: 1)
        self.application = application
        self.applicationOnIPv6 = applicationOnIPv6
    }

    /// Sends the webhook to `destination`, as `--forward-to` has it; the request that arrived.
    mutating func forward(
        target: [UInt8], contentType: String = form, body: [UInt8] = Array("Body=hi".utf8),
        to destination: String
    ) throws -> ReceivedRequest {
        let webhook = Self.webhook(target: target, contentType: contentType, body: body)
        let request = try Self.destination(destination).request(for: webhook, attempt: 1)
        let before = application.requests.count + applicationOnIPv6.requests.count
        try engine.add(request, tag: 1)
        var results: [TransferResult] = []
        while results.isEmpty { try engine.poll(timeoutMilliseconds: 1_000, into: &results) }
        let servers = [application.requests, applicationOnIPv6.requests]
        guard case .response(let response) = results[0].outcome, response.status == 200,
            servers.joined().count == before + 1,
            let arrived = servers.compactMap(\.last).first(where: {
                $0.headText.contains(webhook.identity.idempotencyKey)
            })
        else { throw Undelivered(outcome: results.first?.outcome) }
        return arrived
    }

    /// The destination of a configuration.
    static func destination(_ text: String) throws -> HTTPDestination {
        var configuration = Configuration()
        configuration.forwardTo = try DestinationURL(text)
        var table = TokenTable()
        table.anyAccount = [HMACKey(Array(token.utf8))]
        guard
            let destination = HTTPDestination(
                configuration.destinations[0], configuration, tokens: Tokens(table),
                unsigned: .unsigned(
                    ReceiverMetrics(eventLoops: 1, thresholdSeconds: []),
                    Log(format: .text, level: .critical)))
        else {
            throw Undelivered()
        }
        return destination
    }

    /// A webhook as it is stored.
    static func webhook(target: [UInt8], contentType: String, body: [UInt8]) -> Webhook {
        let (origin, type) = (Array(origin.utf8), Array(contentType.utf8))
        let (account, signature) = (Array(account.utf8), Array("signature".utf8))
        let none: [UInt8] = []
        let head = WebhookHead(
            origin: origin.span, target: target.span, contentType: type.span,
            signature: signature.span, traceParent: none.span, account: account.span,
            messageSID: none.span, traceState: none.span, method: none.span,
            idempotencyToken: none.span, passedFields: none.span)
        return Webhook(
            kind: .message, priority: .normal,
            identity: Identity(target: target[...], body: body, signature: []),
            receivedMilliseconds: 0, head: head, body: body)
    }
}

extension ReceivedRequest {
    /// The target of the first line.
    var target: String { String(requestLine.split(separator: " ")[1]) }

    /// The bytes of a field's value, nil when there is no such field.
    func field(_ name: String) -> [UInt8]? {
        let line = Array("\r\n\(name): ".utf8)
        guard let start = head.firstRange(of: line)?.upperBound else { return nil }
        return head[start...].firstRange(of: Array("\r\n".utf8)).map {
            Array(head[start..<$0.lowerBound])
        }
    }
}

import Curl
import TwiML
import TwilioAPI

/// What an attempt to send a reply means for it; counts it and writes its line. The thread
/// `replies`, and for `looked` the store thread.
struct ReplyJudge: Sendable {
    let options: ReplySender.Options
    let clock: StoreClock
    let metrics: ReplyMetrics
    let documents: ReplyDocuments
    let log: Log
    let notices: ReplyNotices
    /// A number from 0 up to 1.
    var random: @Sendable () -> Double = { Double.random(in: 0..<1) }

    /// What follows after Twilio was asked.
    func change(after result: Result<JSON, APIFault>, of row: OutboundRow) -> OutboundChange {
        if row.looks != nil { return change(afterLook: result, of: row) }
        switch result {
        case .success(let json):
            let sid = MessageResource(json)?.sid ?? ""
            metrics.sent(afterMilliseconds: clock.nowMilliseconds - row.owedMilliseconds)
            log.writeSampled(.info) {
                LogLine(.info, "reply sent").with("id", row.id).with("message_sid", sid)
            }
            return .sent(id: row.id, sid: sid)
        case .failure(.refused(let refusal)) where !refusal.isAboutCaller:
            metrics.refused(refusal.code)
            // Twilio's words may name a number: they stay with the row.
            log.write(
                LogLine(.warning, "Twilio refused a reply; it is a dead letter")
                    .with("id", row.id).with("status", refusal.status)
                    .with("code", refusal.code ?? 0))
            return .deadLetter(
                id: row.id, reason: .refused, code: refusal.code ?? 0, words: refusal.message)
        case .failure(.unknown(let words)):
            notices.unknown.note { $0.with("id", row.id) }
            return .unknown(
                id: row.id, dueMilliseconds: clock.nowMilliseconds + options.lookMilliseconds,
                looks: 0, error: words)
        case .failure(let fault):
            if case .refused(let refusal) = fault {
                notices.unauthorized.note { $0.with("status", refusal.status) }
            }
            return again(row, fault.reason)
        }
    }

    /// Nobody may send for the account.
    func withoutCredentials(_ row: OutboundRow) -> OutboundChange {
        notices.unauthorized.note()
        return again(row, "no credentials")
    }

    /// Twilio's list was looked at for a reply whose outcome is not known.
    private func change(
        afterLook result: Result<JSON, APIFault>, of row: OutboundRow
    ) -> OutboundChange {
        let looks = row.looks ?? 0
        let due = clock.nowMilliseconds + options.lookMilliseconds
        guard case .success(let json) = result, case .message(let message) = row.content,
            let items = json["messages"]?.items
        else {
            // The list could not be read: that is no look.
            return .unknown(
                id: row.id, dueMilliseconds: due, looks: looks, error: "Twilio's list is away")
        }
        let candidates = items.compactMap(MessageResource.init)
            .filter { message.isLike($0, since: row.startedMilliseconds) }
        let again =
            looks + 1 < options.looksMax
            ? Look(dueMilliseconds: due, count: looks + 1) : nil
        return .looked(id: row.id, candidates: candidates.reversed().map(\.sid), again: again)
    }

    /// What looks brought, after it was written down.
    func looked(_ counts: LookCounts) {
        metrics.count(.found, counts.found)
        metrics.count(.repeated, counts.repeated)
    }

    /// What follows after the application was asked for the document that an answer goes on with.
    func change(after outcome: TransferResult.Outcome, of row: OutboundRow) -> OutboundChange {
        guard case .redirect(let redirect) = row.content, case .response(let response) = outcome,
            (200..<300).contains(response.status)
        else { return again(row, "the application did not answer a redirect") }
        let answer = ApplicationAnswer(
            contentType: response.contentType, body: response.body,
            isTruncated: response.bodyTruncated)
        metrics.count(.redirected)
        return .replaced(id: row.id, by: documents.replies(answer, to: redirect))
    }

    private func again(_ row: OutboundRow, _ words: String) -> OutboundChange {
        let now = clock.nowMilliseconds
        guard now < row.owedMilliseconds + options.windowMilliseconds else {
            metrics.count(.expired)
            log.write(
                LogLine(.warning, "a reply could not be sent in time; it is a dead letter")
                    .with("id", row.id).with("error", words))
            return .deadLetter(id: row.id, reason: .expired, code: 0, words: words)
        }
        let longest = min(options.retryMillisecondsMax, 1_000 << Int64(min(row.attempt - 1, 20)))
        let wait = max(1, Int64(Double(longest) * random()))
        return .retry(id: row.id, dueMilliseconds: now + wait, error: words)
    }

    /// Development mode: what would be sent, as it would be sent.
    func show(_ message: OutboundMessage) {
        log.write(
            LogLine(.info, "reply that would be sent (--dev)").with("to", message.to)
                .with("from", message.from).with("body", message.body)
                .with("media", message.media.joined(separator: " ")))
    }
}

extension TransferResult.Outcome {
    /// What could not even be begun.
    static var notSent: Self { .failed(.other, code: 0, message: "it could not be sent") }
}

extension OutboundMessage {
    /// As Twilio's API is asked.
    var request: MessageRequest {
        var request = MessageRequest(accountSID: account, to: to, from: from, body: body)
        request.messagingServiceSID = service.isEmpty ? nil : service
        request.mediaURLs = media
        request.statusCallback = statusCallback.isEmpty ? nil : statusCallback
        return request
    }

    /// True for a message of Twilio's list that may be this one: a trial account writes a sentence
    /// in front of the text. Clocks may differ by a minute.
    func isLike(_ listed: MessageResource, since milliseconds: Int64) -> Bool {
        listed.direction.hasPrefix("outbound") && listed.to == to
            && (listed.from == from || listed.from.isEmpty) && listed.body.hasSuffix(body)
            && listed.mediaCount == media.count
            && (listed.createdMilliseconds ?? .max) >= milliseconds - 60_000
    }
}

extension APICall {
    /// The newest messages to the same customer from the same number.
    static func look(for message: OutboundMessage, since milliseconds: Int64) -> APICall {
        APIList.messages(
            account: message.account, to: message.to, from: message.from,
            since: milliseconds - 60_000
        ).firstPage(rows: 100)
    }
}

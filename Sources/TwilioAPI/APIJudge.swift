import Curl

/// What an attempt means for its call.
struct APIJudge {
    /// What follows.
    enum Verdict: Equatable {
        case answer(JSON)
        case fault(APIFault)
        /// It may be tried again, not before so many milliseconds; what to say if it is not.
        case again(afterMilliseconds: Int?, otherwise: APIFault)
    }

    /// How an attempt ended, and what follows for a call that may be repeated or not.
    static func judge(
        _ result: TransferResult, isRepeatable: Bool
    ) -> (result: APIResult, verdict: Verdict) {
        switch result.outcome {
        case .response(let response):
            return judge(response, isRepeatable)
        case .failed(let failure, _, let message):
            let label: APIResult = failure == .timeout ? .timeout : .unreachable
            // What was never sent cannot have been done.
            let fault: APIFault =
                isRepeatable || result.timesSent == 0 ? .unavailable(message) : .unknown(message)
            return (label, fault.isUnknown ? .fault(fault) : .again(nil, fault))
        }
    }

    private static func judge(
        _ response: TransferResponse, _ isRepeatable: Bool
    ) -> (result: APIResult, verdict: Verdict) {
        let status = response.status
        switch status {
        case 200..<300:
            if !response.bodyTruncated, let json = JSON(response.body) {
                return (.success, .answer(json))
            }
            let words = response.bodyTruncated ? "it is too long" : "it is not JSON"
            return (.malformed, .fault(isRepeatable ? .malformed(words) : .unknown(words)))
        case 429:
            // "Never processed and always safe to retry"
            // (https://www.twilio.com/docs/errors/20429).
            return (.throttled, .again(milliseconds(response.retryAfter), .throttled))
        case 300..<500:
            let refusal = APIRefusal(status: status, body: response.body)
            let label: APIResult =
                switch status {
                case ..<400: .redirected
                case 401, 403: .unauthorized
                default: .refused
                }
            return (label, .fault(.refused(refusal)))
        default:
            let words = "it answers \(status)"
            guard isRepeatable else { return (.serverError, .fault(.unknown(words))) }
            return (.serverError, .again(milliseconds(response.retryAfter), .unavailable(words)))
        }
    }

    /// `Retry-After` in seconds, as Twilio writes it; nil for anything else.
    static func milliseconds(_ retryAfter: String?) -> Int? {
        guard let retryAfter, retryAfter.utf8.count <= 9, let seconds = Int(retryAfter),
            seconds >= 0
        else { return nil }
        return seconds * 1000
    }
}

extension APIJudge.Verdict {
    fileprivate static func again(_ milliseconds: Int?, _ fault: APIFault) -> Self {
        .again(afterMilliseconds: milliseconds, otherwise: fault)
    }
}

extension APIFault {
    /// True when there is no telling whether it was done.
    public var isUnknown: Bool { if case .unknown = self { true } else { false } }
}

import Testing

@testable import Hookline

@Suite struct RetryPolicyTests {
    private func policy(random: Double) -> RetryPolicy {
        RetryPolicy(
            initialMilliseconds: 1000, factor: 2, capMilliseconds: 900_000,
            retryAfterMaxMilliseconds: 3_600_000, windowMilliseconds: 86_400_000,
            random: { random })
    }

    private func verdict(
        _ status: Int, attempt: Int = 1, retryAfter: String? = nil, random: Double = 0.999_999,
        received: Int64 = 0, now: Int64 = 0
    ) -> AttemptVerdict {
        policy(random: random).verdict(
            on: AttemptOutcome(
                result: AttemptResult(status: status), status: status,
                retryAfterMilliseconds: RetryAfter.milliseconds(retryAfter, nowMilliseconds: now)),
            attempt: attempt, owedMilliseconds: received, nowMilliseconds: now)
    }

    @Test func `2xx completes and 410 is a dead letter`() {
        for status in [200, 202, 204, 299] { #expect(verdict(status) == .completed) }
        #expect(verdict(410) == .deadLetter(.gone))
    }

    @Test func `X9 a refusal that no retry changes is a dead letter from some attempt on`() {
        var policy = policy(random: 0.5)
        policy.refusals = [422]
        policy.refusalAttempts = 3
        func verdict(_ status: Int, _ attempt: Int) -> AttemptVerdict {
            policy.verdict(
                on: AttemptOutcome(result: AttemptResult(status: status), status: status),
                attempt: attempt, owedMilliseconds: 0, nowMilliseconds: 0)
        }
        for attempt in 1...2 {
            guard case .retry = verdict(422, attempt) else {
                Issue.record("attempt \(attempt) is the last")
                continue
            }
        }
        #expect(verdict(422, 3) == .deadLetter(.refused))
        guard case .retry = verdict(404, 30) else {
            Issue.record("404 is given up")
            return
        }
    }

    @Test(arguments: [300, 301, 307, 400, 401, 403, 404, 408, 429, 500, 502, 503, 599])
    func `any other status is retried`(status: Int) {
        guard case .retry = verdict(status) else {
            Issue.record("\(status) is not retried")
            return
        }
    }

    @Test func `X9 the longest wait doubles up to the cap`() {
        let longest = (1...12).map { attempt -> Int64 in
            guard case .retry(let due) = verdict(500, attempt: attempt) else { return -1 }
            return due
        }
        #expect(
            longest == [
                999, 1999, 3999, 7999, 15_999, 31_999, 63_999, 127_999, 255_999, 511_999, 899_999,
                899_999,
            ])
        #expect(verdict(500, attempt: 1_000_000) == .retry(dueMilliseconds: 899_999))
    }

    @Test func `X9 the jitter is full, and a wait is never nothing`() {
        #expect(verdict(500, attempt: 4, random: 0) == .retry(dueMilliseconds: 1))
        #expect(verdict(500, attempt: 4, random: 0.5) == .retry(dueMilliseconds: 4000))
    }

    @Test func `X9 Retry-After is honoured up to an hour, with the jitter on top`() {
        #expect(verdict(503, retryAfter: "120", random: 0.5) == .retry(dueMilliseconds: 120_500))
        #expect(
            verdict(503, retryAfter: "86400", random: 0.5) == .retry(dueMilliseconds: 3_600_500))
        #expect(verdict(503, retryAfter: "soon", random: 0.5) == .retry(dueMilliseconds: 500))
    }

    @Test func `X9 Retry-After counts in full up to its bound, and beyond it the bound counts`() {
        for (asked, wait) in [("0", 500), ("3599", 3_599_500), ("3600", 3_600_500)] {
            #expect(
                verdict(503, retryAfter: asked, random: 0.5)
                    == .retry(dueMilliseconds: Int64(wait)))
        }
        #expect(verdict(503, retryAfter: "3601", random: 0.5) == .retry(dueMilliseconds: 3_600_500))
        // Also of an answer that is no 503.
        #expect(verdict(429, retryAfter: "2", random: 0.5) == .retry(dueMilliseconds: 2500))
    }

    @Test func `X9 what Retry-After puts behind the window is a dead letter`() {
        let day: Int64 = 86_400_000
        let now = day - 3_600_500
        #expect(
            verdict(503, retryAfter: "3600", random: 0.5, now: now) == .retry(dueMilliseconds: day))
        #expect(
            verdict(503, retryAfter: "3600", random: 0.5, now: now + 1) == .deadLetter(.expired))
    }

    @Test func `X9 a clock that was set back makes no wait longer than it is`() {
        #expect(
            verdict(500, random: 0.5, received: 1_000_000, now: 0) == .retry(dueMilliseconds: 500))
    }

    @Test func `X9 a factor of 1 keeps the wait, and the first attempt has the first one`() {
        var even = policy(random: 0.5)
        even.factor = 1
        let failed = AttemptOutcome(result: .timeout, error: "")
        for attempt in [0, 1, 2, 1_000_000] {
            #expect(
                even.verdict(
                    on: failed, attempt: attempt, owedMilliseconds: 0, nowMilliseconds: 0)
                    == .retry(dueMilliseconds: 500), "\(attempt)")
        }
    }

    @Test func `X9 what would be due after the window is a dead letter`() {
        let day: Int64 = 86_400_000
        #expect(verdict(500, random: 0.5, now: day - 500) == .retry(dueMilliseconds: day))
        #expect(verdict(500, random: 0.5, now: day - 499) == .deadLetter(.expired))
    }

    @Test func `a failure without an answer is retried`() {
        let policy = policy(random: 0.5)
        let failures: [AttemptResult] = [
            .resolve, .connect, .tls, .timeout, .send, .receive, .tooLarge, .protocol, .other,
        ]
        for failure in failures {
            let verdict = policy.verdict(
                on: AttemptOutcome(result: failure, error: ""), attempt: 1,
                owedMilliseconds: 0, nowMilliseconds: 0)
            #expect(verdict == .retry(dueMilliseconds: 500))
        }
    }
}

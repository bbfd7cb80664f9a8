import Curl
import POSIX

/// How a call ended.
public struct APIEnd: Sendable {
    /// The tag that it was begun with.
    public var tag: UInt64
    /// Twilio's answer, or why there is none.
    public var result: Result<JSON, APIFault>
}

/// Calls to Twilio's API that are under way, with their retries; at most so many at once, the
/// others wait their turn.
///
/// Confined to one thread, which makes it, drives it with `wait` and lets it go. Only `wake` goes
/// round.
public struct APIConnection: ~Copyable {
    /// A call that has begun and not ended.
    private struct Call {
        let call: APICall
        let tag: UInt64
        /// Nil asks as the connection does.
        let credentials: APICredentials?
        /// When it is given up, by the monotonic clock.
        let deadline: UInt64
        var attempts = 0
        /// When its next attempt begins.
        var due: UInt64
    }

    private let options: APIOptions
    private var engine: TransferEngine
    private var results: [TransferResult] = []
    /// Not under way now, in the order in which they came.
    private var waiting: [Call] = []
    private var running: [UInt64: Call] = [:]
    private var lastTransfer: UInt64 = 0
    /// Ends that no transfer brought.
    private var ended: [APIEnd] = []
    /// Transfers to others than Twilio: the caller's tags by the engine's, and those that ended.
    private var others: [UInt64: UInt64] = [:]
    private var endedOthers: [TransferResult] = []

    /// A connection without calls; throws when libcurl cannot be set up.
    public init(_ options: APIOptions) throws(APIFault) {
        self.options = options
        var engine = TransferEngineOptions(connectionsMax: options.concurrencyMax)
        engine.certificateAuthorityFile = options.certificateAuthorityFile
        do throws(CurlError) {
            self.engine = try TransferEngine(engine)
        } catch {
            throw .library(error.description)
        }
    }

    /// Ends `wait` from any thread.
    public var wake: @Sendable () -> Void { { [waker = engine.waker] in waker.wake() } }

    /// How many calls have begun and not ended.
    public var underWay: Int { waiting.count + running.count + ended.count }

    /// Takes a call; its end carries the tag. With credentials it is asked in their name.
    public mutating func begin(
        _ call: APICall, tag: UInt64, credentials: APICredentials? = nil
    ) {
        let now = MonotonicClock.now()
        waiting.append(
            Call(
                call: call, tag: tag, credentials: credentials,
                deadline: now + UInt64(options.callMillisecondsMax) * 1_000_000, due: now))
    }

    /// Begins a request to somebody else than Twilio on the same thread, without retries; its end
    /// is among `takeTransfers`. False when it cannot be sent.
    public mutating func transfer(_ request: TransferRequest, tag: UInt64) -> Bool {
        lastTransfer += 1
        do throws(CurlError) {
            try engine.add(request, tag: lastTransfer)
        } catch {
            return false
        }
        others[lastTransfer] = tag
        return true
    }

    /// The ends of `transfer`, each with the caller's tag.
    public mutating func takeTransfers() -> [TransferResult] {
        defer { endedOthers = [] }
        return endedOthers
    }

    /// Waits until something has ended, at most so long, and appends it.
    public mutating func wait(milliseconds: Int, into ends: inout [APIEnd]) throws(APIFault) {
        startDue()
        let now = MonotonicClock.now()
        var until = now + UInt64(max(0, ended.isEmpty ? milliseconds : 0)) * 1_000_000
        if running.count + others.count < options.concurrencyMax, let due = waiting.map(\.due).min()
        {
            until = min(until, max(now, due))
        }
        do throws(CurlError) {
            try engine.poll(
                timeoutMilliseconds: Int32(clamping: (until - now + 999_999) / 1_000_000),
                into: &results)
        } catch {
            throw .library(error.description)
        }
        for result in results {
            if let tag = others.removeValue(forKey: result.tag) {
                endedOthers.append(result)
                endedOthers[endedOthers.count - 1].tag = tag
            } else if let call = running.removeValue(forKey: result.tag) {
                judge(result, of: call)
            }
        }
        results.removeAll(keepingCapacity: true)
        startDue()
        ends += ended
        ended.removeAll(keepingCapacity: true)
    }

    private mutating func startDue() {
        let now = MonotonicClock.now()
        var later: [Call] = []
        for call in waiting {
            if call.due <= now, running.count + others.count < options.concurrencyMax {
                start(call, at: now)
            } else {
                later.append(call)
            }
        }
        waiting = later
    }

    private mutating func start(_ waiting: Call, at now: UInt64) {
        var call = waiting
        call.attempts += 1
        lastTransfer += 1
        let left = call.deadline > now ? Int((call.deadline - now) / 1_000_000) : 0
        let request = call.call.request(
            options, as: call.credentials ?? options.credentials,
            timeoutMilliseconds: max(1, min(left, options.attemptMillisecondsMax)))
        do throws(CurlError) {
            try engine.add(request, tag: lastTransfer)
            running[lastTransfer] = call
        } catch {
            ended.append(APIEnd(tag: call.tag, result: .failure(.library(error.description))))
        }
    }

    private mutating func judge(_ result: TransferResult, of call: Call) {
        let (label, verdict) = APIJudge.judge(result, isRepeatable: call.call.isRepeatable)
        options.observer?.ended(
            call.call.resource, label, durationNanoseconds: result.durationNanoseconds)
        switch verdict {
        case .answer(let json): ended.append(APIEnd(tag: call.tag, result: .success(json)))
        case .fault(let fault): ended.append(APIEnd(tag: call.tag, result: .failure(fault)))
        case .again(let asked, let fault):
            let due = MonotonicClock.now() + wait(after: call.attempts, asked: asked) * 1_000_000
            guard call.attempts < options.attemptsMax, due < call.deadline else {
                return ended.append(APIEnd(tag: call.tag, result: .failure(fault)))
            }
            var next = call
            next.due = due
            waiting.append(next)
        }
    }

    /// Milliseconds until the next attempt: what was asked for, and a random wait on top.
    private func wait(after attempts: Int, asked: Int?) -> UInt64 {
        let longest = Double(options.retryMilliseconds << min(attempts - 1, 10))
        let asked = min(asked ?? 0, options.retryAfterMillisecondsMax)
        return UInt64(asked) + UInt64(longest * options.random())
    }
}

import Curl
import POSIX
import Synchronization
import TwilioAPI

/// Sends the replies that are stored: claim → send → record, on a thread of its own.
///
/// A reply is claimed durably before Twilio is asked, so that after a crash its outcome counts as
/// unknown. Twilio has no key that tells two such requests from one, so before a second try its
/// list of messages is looked at.
final class ReplySender: Sendable {
    /// Fixed for its life.
    struct Options: Sendable {
        /// How Twilio's API is asked; its credentials are those of nobody.
        var api: APIOptions
        /// How long a reply is tried, in milliseconds.
        var windowMilliseconds: Int64
        /// How long Twilio's list may lag before it is looked at, each time, in milliseconds.
        var lookMilliseconds: Int64 = 5_000
        /// Looks before a reply is sent once more.
        var looksMax = 3
        /// The longest wait between two tries, in milliseconds.
        var retryMillisecondsMax: Int64 = 300_000
        /// Nothing leaves the machine: replies are written to the log.
        var printsOnly = false
    }

    /// What waits for the thread.
    private struct Inbox: Sendable {
        var claimed: [OutboundRow] = []
        var isClaiming = false
        /// There may be replies that nobody has claimed.
        var isDue = true
        var nextDueMilliseconds: Int64?
        /// Changes that the store did not take.
        var unrecorded: [OutboundChange] = []
        var recording = 0
        var deadlineNanoseconds: UInt64?
    }

    private let options: Options
    private let desk: any OutboundDesk
    private let judge: ReplyJudge
    private let accounts: ReplyAccounts
    private let documents: ReplyDocuments
    private let log: Log
    private let inbox = Mutex(Inbox())
    private let waker = SetOnce<ReplyWaker>()

    init(
        options: Options, desk: any OutboundDesk, judge: ReplyJudge, accounts: ReplyAccounts,
        documents: ReplyDocuments, log: Log
    ) {
        self.options = options
        self.desk = desk
        self.judge = judge
        self.accounts = accounts
        self.documents = documents
        self.log = log
    }

    /// There are new replies. Any thread.
    func wake() {
        inbox.withLock { $0.isDue = true }
        waker.value?.wake()
    }

    /// Claims nothing more and ends the thread: when nothing is under way, or at the deadline;
    /// what is cut then has an outcome that nobody knows. Any thread.
    func stop(deadlineNanoseconds: UInt64) {
        inbox.withLock { $0.deadlineNanoseconds = deadlineNanoseconds }
        waker.value?.wake()
    }

    /// Sends until `stop`. The thread `replies`.
    func run() {
        do throws(APIFault) {
            var connection = try APIConnection(options.api)
            waker.set(ReplyWaker(wake: connection.wake))
            var work: [UInt64: OutboundRow] = [:]
            var ends: [APIEnd] = []
            while true {
                let turn = takeTurn()
                var changes = begin(turn.claimed, &work, on: &connection)
                if isOver(turn, work) { break }
                claim(turn, work.count)
                try connection.wait(milliseconds: waitMilliseconds(turn), into: &ends)
                for end in ends {
                    guard let row = work.removeValue(forKey: end.tag) else { continue }
                    changes.append(judge.change(after: end.result, of: row))
                    if case .failure(.refused(let refusal)) = end.result, refusal.isAboutCaller {
                        accounts.refused()
                    }
                }
                for result in connection.takeTransfers() {
                    guard let row = work.removeValue(forKey: result.tag) else { continue }
                    changes.append(judge.change(after: result.outcome, of: row))
                }
                ends.removeAll(keepingCapacity: true)
                record(turn.unrecorded + changes)
            }
        } catch {
            log.write(
                LogLine(.error, "replies cannot be sent").with("error", error.description))
        }
    }

    private func takeTurn() -> Inbox {
        inbox.withLock { inbox in
            let turn = inbox
            inbox.claimed = []
            inbox.unrecorded = []
            return turn
        }
    }

    private func isOver(_ turn: Inbox, _ work: [UInt64: OutboundRow]) -> Bool {
        guard let deadline = turn.deadlineNanoseconds else { return false }
        let isIdle =
            work.isEmpty && !turn.isClaiming && turn.recording == 0 && turn.unrecorded.isEmpty
        return isIdle || MonotonicClock.now() >= deadline
    }

    private func begin(
        _ rows: [OutboundRow], _ work: inout [UInt64: OutboundRow],
        on connection: inout APIConnection
    ) -> [OutboundChange] {
        var changes: [OutboundChange] = []
        let isStopping = inbox.withLock { $0.deadlineNanoseconds != nil }
        for row in rows {
            let tag = UInt64(row.id)
            switch row.content {
            case _ where isStopping: changes.append(.unclaim(id: row.id))
            case .message(let message) where options.printsOnly:
                judge.show(message)
                changes.append(.sent(id: row.id, sid: ""))
            case .message(let message):
                guard let credentials = accounts.credentials(of: message.account) else {
                    changes.append(judge.withoutCredentials(row))
                    continue
                }
                work[tag] = row
                let call =
                    row.looks == nil
                    ? APICall.send(message.request)
                    : APICall.look(for: message, since: row.startedMilliseconds)
                connection.begin(call, tag: tag, credentials: credentials)
            case .redirect(let redirect):
                guard let request = documents.request(redirect),
                    connection.transfer(request, tag: tag)
                else {
                    changes.append(judge.change(after: .notSent, of: row))
                    continue
                }
                work[tag] = row
            }
        }
        return changes
    }

    private func claim(_ turn: Inbox, _ underWay: Int) {
        let now = desk.clock.nowMilliseconds
        let isDue = turn.isDue || turn.nextDueMilliseconds.map { $0 <= now } == true
        let room = options.api.concurrencyMax - underWay
        guard isDue, !turn.isClaiming, room > 0, turn.deadlineNanoseconds == nil else { return }
        inbox.withLock { inbox in
            inbox.isClaiming = true
            inbox.isDue = false
            inbox.nextDueMilliseconds = nil
        }
        desk.claimReplies(room) { [self] result in
            inbox.withLock { inbox in
                inbox.isClaiming = false
                switch result {
                case .success(let claimed):
                    inbox.claimed += claimed.rows
                    inbox.nextDueMilliseconds = claimed.nextDueMilliseconds
                    // As many as there was room for: there may be more.
                    if claimed.rows.count == room { inbox.isDue = true }
                case .failure:
                    inbox.nextDueMilliseconds = desk.clock.nowMilliseconds + 1_000
                }
            }
            waker.value?.wake()
        }
    }

    private func record(_ changes: [OutboundChange]) {
        guard !changes.isEmpty else { return }
        inbox.withLock { $0.recording += 1 }
        desk.recordReplies(changes) { [self] result in
            inbox.withLock { inbox in
                inbox.recording -= 1
                // Whatever ended makes room, and the next of its conversation is due.
                inbox.isDue = true
                if case .failure = result { inbox.unrecorded += changes }
            }
            if case .success(let looks) = result { judge.looked(looks) }
            waker.value?.wake()
        }
    }

    private func waitMilliseconds(_ turn: Inbox) -> Int {
        if !turn.unrecorded.isEmpty { return 100 }
        guard let due = turn.nextDueMilliseconds else { return 1_000 }
        return Int(min(1_000, max(1, due - desk.clock.nowMilliseconds)))
    }
}

/// How the thread is woken: not the function itself, a lock would wrap it again at each look.
struct ReplyWaker: Sendable {
    let wake: @Sendable () -> Void
}

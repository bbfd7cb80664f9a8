import SQLite

/// How many deliveries forwarding wants of the store, for each destination, and when there may be
/// some. Confined to the store thread.
struct StoreClaims {
    /// What one turn claims.
    struct Turn {
        /// For these, whatever is due, in the queue's order.
        var due = DestinationSet.none
        /// For these, of which nothing was due before, what this turn appends, and it needs no
        /// second look.
        var appended = DestinationSet.none
    }

    /// One destination's.
    private struct Wish {
        var wanted = 0
        /// When something is due next, in milliseconds of the store's clock; nil when nothing
        /// waits.
        var nextDueMilliseconds: Int64?
        /// Something may be due that was not looked for.
        var mayClaim = true
        var bringsForward = false
    }

    private let numbers: [DestinationNumber]
    private var wishes: [Wish]

    init(_ destinations: DestinationList) {
        numbers = destinations.numbers
        wishes = numbers.map { _ in Wish() }
    }

    /// Takes what was asked for since the last turn.
    mutating func take(_ wanted: inout [Int], bringsForward: inout DestinationSet) {
        for index in wanted.indices {
            wishes[index].wanted += wanted[index]
            wanted[index] = 0
        }
        for number in bringsForward {
            wishes[number.index].bringsForward = true
            wishes[number.index].mayClaim = true
        }
        bringsForward = .none
    }

    /// What is wanted and not handed out, for the store that follows.
    var wanted: [Int] { wishes.map(\.wanted) }

    /// Something else than a batch was written: there may be something for everybody.
    mutating func lookAgain() {
        for index in wishes.indices { wishes[index].mayClaim = true }
    }

    /// What the next turn claims; for those that are held nothing that is due.
    func turn(nowMilliseconds now: Int64, isHeld: (DestinationNumber) -> Bool) -> Turn {
        var turn = Turn()
        for number in numbers where wishes[number.index].wanted > 0 {
            if !isDue(number, now) {
                turn.appended.insert(number)
            } else if !isHeld(number) {
                turn.due.insert(number)
            }
        }
        return turn
    }

    /// How much of what is appended may be claimed at once, for each destination.
    func rooms(of turn: Turn) -> [Int] {
        numbers.map { turn.appended.contains($0) ? wishes[$0.index].wanted : 0 }
    }

    /// Claims what is due to a destination; part of the transaction.
    mutating func claim(
        for number: DestinationNumber, of rows: DeliveryRows, nowMilliseconds now: Int64
    ) throws(SQLiteError) -> [Delivery] {
        let wish = wishes[number.index]
        if wish.bringsForward { try rows.bringForward(nowMilliseconds: now, for: number) }
        let claimed = try rows.claim(wish.wanted, nowMilliseconds: now, for: number)
        if claimed.count < wish.wanted {
            wishes[number.index].nextDueMilliseconds = try rows.nextDueMilliseconds(for: number)
        }
        return claimed
    }

    /// The transaction of a turn was committed: notes what it leaves to be claimed.
    mutating func committed(_ turn: Turn, _ batch: StoreBatch) {
        for number in turn.due {
            wishes[number.index].bringsForward = false
            let count = batch.claimed.count { $0.destination == number }
            wishes[number.index].mayClaim = count == wishes[number.index].wanted
        }
        for number in batch.leavesAvailable.subtracting(turn.due) {
            wishes[number.index].mayClaim = true
        }
        for change in batch.changes {
            switch change {
            case .release, .unclaim:
                // They do not say whose they are.
                for number in numbers where !turn.due.contains(number) {
                    wishes[number.index].mayClaim = true
                }
            case .retry(_, let due, _, let number) where !turn.due.contains(number):
                let next = wishes[number.index].nextDueMilliseconds
                wishes[number.index].nextDueMilliseconds = min(next ?? due, due)
            case .retry, .complete, .deadLetter, .hold, .replies: break
            }
        }
    }

    /// The transaction of a turn failed: what it claimed is to be claimed again.
    mutating func failed(_ turn: Turn) {
        for number in turn.due { wishes[number.index].mayClaim = true }
    }

    /// Deliveries were handed out.
    mutating func handedOut(_ deliveries: [Delivery]) {
        for delivery in deliveries { wishes[delivery.destination.index].wanted -= 1 }
    }

    /// When something that is wanted is due next, but for those that are held; nil for nothing.
    func nextDueMilliseconds(isHeld: (DestinationNumber) -> Bool) -> Int64? {
        numbers.compactMap { number in
            let wish = wishes[number.index]
            return wish.wanted > 0 && !isHeld(number) ? wish.nextDueMilliseconds : nil
        }.min()
    }

    private func isDue(_ number: DestinationNumber, _ now: Int64) -> Bool {
        let wish = wishes[number.index]
        guard !wish.mayClaim else { return true }
        return wish.nextDueMilliseconds.map { $0 <= now } ?? false
    }
}

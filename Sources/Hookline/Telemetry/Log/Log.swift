import POSIX
import Synchronization

/// Which share of a second a sampled line belongs to; what a stranger can cause has a small share
/// of its own.
enum SampledLines: Sendable {
    /// Lines of requests that were taken, and of deliveries: 2,000 a second.
    case taken
    /// Lines of requests that were refused: 100 a second.
    case refused

    /// Lines of a second.
    var perSecond: Int { self == .taken ? 2000 : 100 }
}

/// The process's log: lines are handed over here and written by a thread of their own, so that
/// no event loop ever waits for standard error.
///
/// Bounded: beyond `waitingMax` lines, or a second's share of sampled lines (`SampledLines`), lines
/// are dropped and counted.
final class Log: Sendable {
    private struct State: Sendable {
        var waiting: [[UInt8]] = []
        var isStopping = false
    }

    private let format: LogFormat
    private let level: LogLevel
    private let waitingMax = 8192
    private let state = Mutex(State())
    private let bell = WakeSignal()
    private let droppedLines = Atomic<UInt64>(0)
    private let takenShare = SecondRateLimit()
    private let refusedShare = SecondRateLimit()
    private let thread = OwnedThread()
    private let write: @Sendable ([UInt8]) -> Void

    /// A log that writes through `write`; standard error if none is given.
    init(
        format: LogFormat, level: LogLevel,
        write: @escaping @Sendable ([UInt8]) -> Void = {
            Descriptor.write($0, to: Descriptor.standardError)
        }
    ) {
        self.format = format
        self.level = level
        self.write = write
    }

    /// Lines that were dropped so far.
    var dropped: UInt64 { droppedLines.load(ordering: .relaxed) }

    /// Starts the writing thread.
    func start() throws(POSIXError) {
        try thread.start(name: "log") { self.run() }
    }

    /// True when lines of this level are written, so that a caller can save making them.
    func isWritten(_ level: LogLevel) -> Bool { level >= self.level }

    /// Hands a line over. Any thread; never blocks on the output.
    func write(_ line: LogLine) {
        if isWritten(line.severity) { hand(line) }
    }

    /// Hands over a line that there is one of for each request or delivery: under a flood only
    /// some of these are written, and only those are made. Any thread.
    func writeSampled(
        _ level: LogLevel, of lines: SampledLines = .taken, _ line: () -> LogLine
    ) {
        guard isWritten(level) else { return }
        guard takeTurn(lines) else {
            droppedLines.add(1, ordering: .relaxed)
            return
        }
        hand(line())
    }

    /// Writes what waits and ends the thread.
    func stop() {
        state.withLock { $0.isStopping = true }
        bell.ring()
        thread.join()
    }

    private func hand(_ line: LogLine) {
        let timestamp = Timestamp.text(milliseconds: WallClock.nowMilliseconds())
        let bytes =
            format == .json ? line.json(timestamp: timestamp) : line.text(timestamp: timestamp)
        let isKept = state.withLock { state in
            guard state.waiting.count < waitingMax else { return false }
            state.waiting.append(bytes)
            return true
        }
        if isKept { bell.ring() } else { droppedLines.add(1, ordering: .relaxed) }
    }

    private func takeTurn(_ lines: SampledLines) -> Bool {
        switch lines {
        case .taken: takenShare.take(of: lines.perSecond)
        case .refused: refusedShare.take(of: lines.perSecond)
        }
    }

    private func run() {
        while true {
            let (lines, isStopping) = state.withLock { state in
                defer { state.waiting = [] }
                return (state.waiting, state.isStopping)
            }
            if !lines.isEmpty {
                write(Array(lines.joined()))
            } else if isStopping {
                return
            } else {
                bell.wait(untilNanoseconds: nil)
            }
        }
    }
}

/// What may happen so many times a second. Any thread; once a second's share is used up all that
/// threads do until the next one is read one number.
private struct SecondRateLimit: ~Copyable, Sendable {
    /// The second, and in the lowest bits how much of its share is used.
    private let used = Atomic<UInt64>(0)
    private static let countBits: UInt64 = 16

    /// True when it may happen once more in this second, below 65,536 times.
    func take(of perSecond: Int) -> Bool {
        let second = MonotonicClock.tickSeconds()
        var seen = used.load(ordering: .relaxed)
        while true {
            let isThis = seen >> Self.countBits == second
            let count = isThis ? seen & (1 << Self.countBits - 1) : 0
            guard count < UInt64(perSecond) else { return false }
            let (exchanged, original) = used.compareExchange(
                expected: seen, desired: second << Self.countBits | (count + 1),
                ordering: .relaxed)
            if exchanged { return true }
            seen = original
        }
    }
}

import Glibc
import Synchronization

// Measures on request, so that several programs can be measured in turn. A request is a line
// `NAME THREADS WORK COUNT`; the answer is the nanoseconds of processor time that one use took on
// each thread, or `none` for a name that is not known here.

/// The processor time of the calling thread: what else the machine does is not in it.
func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

final class Round: Sendable {
    let ready = Atomic<Int>(0)
    let nanoseconds = Atomic<UInt64>(0)
    let isKnown = Atomic<Bool>(true)
}

final class Job: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

func start(_ body: @escaping @Sendable () -> Void) -> pthread_t {
    var thread = pthread_t()
    let job = Unmanaged.passRetained(Job(body)).toOpaque()
    pthread_create(
        &thread, nil,
        { context in
            guard let context else { return nil }
            Unmanaged<Job>.fromOpaque(context).takeRetainedValue().run()
            return nil
        }, job)
    return thread
}

func answer(_ text: String) {
    print(text)
    fflush(nil)
}

let instruments = Instruments()
let pages = try Pages()
while let line = readLine() {
    let words = line.split(separator: " ")
    guard words.count == 4, let threads = Int(words[1]), let work = Int(words[2]),
        let count = Int(words[3])
    else { break }
    if words[0].hasPrefix("render-") {
        let before = now()
        let isKnown = try pages.render(words[0], count: count) != nil
        answer(isKnown ? "\(Double(now() - before) / Double(count))" : "none")
        continue
    }
    let round = Round()
    let name = words[0]
    let running = (0..<threads).map { thread in
        start {
            round.ready.add(1, ordering: .acquiringAndReleasing)
            while round.ready.load(ordering: .acquiring) < threads {}
            let before = now()
            let result = instruments.use(name, count: count, work: work, thread: thread)
            round.nanoseconds.add(now() - before, ordering: .relaxed)
            if result == nil { round.isKnown.store(false, ordering: .relaxed) }
        }
    }
    for thread in running { pthread_join(thread, nil) }
    let total = round.nanoseconds.load(ordering: .relaxed)
    let isKnown = round.isKnown.load(ordering: .relaxed)
    answer(isKnown ? "\(Double(total) / Double(threads * count))" : "none")
}

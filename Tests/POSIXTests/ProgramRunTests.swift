import POSIX
import TestSupport
import Testing

@Suite struct ProgramRunTests {
    private func run(_ script: String, bytesMax: Int = 1000, seconds: UInt64 = 20) throws
        -> ProgramRun.Outcome
    {
        try ProgramRun.run(
            ["/bin/sh", "-c", script], outputBytesMax: bytesMax,
            deadlineNanoseconds: MonotonicClock.now() + seconds * 1_000_000_000)
    }

    @Test func `output and exit status are what the program says`() throws {
        #expect(try run("echo one; exit 3") == .ended(status: 3, output: Array("one\n".utf8)))
        #expect(try run("cat") == .ended(status: 0, output: []))
        #expect(try run("kill -9 $$") == .ended(status: 137, output: []))
    }

    @Test func `output is bounded, at n and n+1`() throws {
        #expect(
            try run("printf 12345", bytesMax: 5) == .ended(status: 0, output: Array("12345".utf8)))
        #expect(try run("printf 123456", bytesMax: 5) == .tooMuchOutput)
        // It would go on for ever: it is killed.
        #expect(try run("yes", bytesMax: 5) == .tooMuchOutput)
    }

    @Test func `time is bounded, also of a child that holds the output open`() throws {
        #expect(try run("sleep 600 & sleep 600", seconds: 1) == .timedOut)
        #expect(try run("exec >&-; sleep 600", seconds: 1) == .timedOut)
    }

    @Test func `no signal is blocked in the program`() throws {
        #expect(
            try run("grep SigBlk /proc/self/status")
                == .ended(status: 0, output: Array("SigBlk:\t0000000000000000\n".utf8)))
        // SIGPIPE is signal 13; the thread library's own two, 32 and 33, stay as they are.
        #expect(
            try run("kill -PIPE $$; echo still there") == .ended(status: 141, output: []))
    }

    @Test func `a program that is not there is an error`() {
        #expect(throws: POSIXError.self) {
            try ProgramRun.run(
                ["/no/such/program"], outputBytesMax: 1,
                deadlineNanoseconds: MonotonicClock.now() + 1_000_000_000)
        }
    }
}

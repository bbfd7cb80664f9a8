import Glibc
import TestSupport

/// Steps the receiver's wall clock; see Tests/ClockSteps.
struct ClockSteps {
    private let path: String

    /// A clock that is right, whose control file lies in `folder`.
    init(_ folder: TemporaryFolder) throws {
        path = folder.path("clock-steps")
        try folder.write([UInt8](repeating: 0, count: 8), to: "clock-steps")
    }

    /// What the receiver has to be started with.
    var environment: [String: String] {
        ["LD_PRELOAD": Repository.clockSteps, "CLOCK_STEPS": path]
    }

    /// The clock is so many seconds ahead of the right time from now on.
    func step(to seconds: Int64) throws {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        defer { close(descriptor) }
        let bytes = withUnsafeBytes(of: seconds) { Array($0) }
        // In place: the receiver has the file mapped.
        guard descriptor >= 0, pwrite(descriptor, bytes, bytes.count, 0) == bytes.count else {
            throw ChildProcess.Failure("cannot step the clock")
        }
    }
}

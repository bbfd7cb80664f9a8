import Foundation
import Glibc

/// Steps the wall clock of a program that a test starts; see Tests/ClockSteps.
public struct ClockSteps: Sendable {
    /// The library lies beside the test bundle.
    private static let library =
        URL(fileURLWithPath: "/proc/self/exe")
        .resolvingSymlinksInPath().deletingLastPathComponent().path + "/libClockSteps.so"

    private let path: String

    /// A clock that is right, whose control file lies in `folder`.
    public init(_ folder: TemporaryFolder) throws {
        path = folder.path("clock-steps")
        try folder.write([UInt8](repeating: 0, count: 8), to: "clock-steps")
    }

    /// What the program has to be started with.
    public var environment: [String: String] {
        ["LD_PRELOAD": Self.library, "CLOCK_STEPS": path]
    }

    /// The clock is so many seconds ahead of the right time from now on.
    public func step(to seconds: Int64) throws {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        defer { close(descriptor) }
        let bytes = withUnsafeBytes(of: seconds) { Array($0) }
        // In place: the program has the file mapped.
        guard descriptor >= 0, pwrite(descriptor, bytes, bytes.count, 0) == bytes.count else {
            throw ChildProcess.Failure("cannot step the clock")
        }
    }
}

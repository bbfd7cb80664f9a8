import TestSupport
import Testing

/// A wall clock that is wrong, or is set right, at a start or while running: nothing expires, and
/// delivery goes on.
extension EndToEnd {
    @Suite struct ClockTests {
        private static let hour: Int64 = 3600
        private static let tenYears: Int64 = 3650 * 86_400
        private static let count = 20

        private func receiver(
            _ application: Application, _ steps: ClockSteps, _ folder: TemporaryFolder
        ) throws -> Receiver {
            try Receiver(
                [
                    "--forward-to", application.url, "--retry-initial", "100ms", "--retry-cap",
                    "1s",
                ], folder: folder, environment: steps.environment)
        }

        private func takesAll(_ application: Application) -> Bool {
            application.answer(.init(200))
            return eventually(seconds: 5) { Set(application.taken).count >= Self.count }
        }

        @Test(arguments: [hour, -hour, tenYears, -tenYears])
        func `a clock that is wrong at a start lets nothing expire and delays nothing`(
            seconds: Int64
        ) throws {
            let folder = try TemporaryFolder()
            let application = try Application()
            application.answer(.init(500))
            let steps = try ClockSteps(folder)
            let receiver = try receiver(application, steps, folder)
            #expect(try receiver.send(Self.count).status == 0)
            #expect(eventually { application.requests.count >= 2 * Self.count })
            receiver.kill()
            try steps.step(to: seconds)
            try receiver.restart()
            let before = application.requests.count
            // Every message is tried again, with the clock as it is.
            #expect(eventually(seconds: 5) { application.requests.count >= before + Self.count })
            #expect(try receiver.metrics()["dead_letters"] == 0)
            // The clock is set right at the next start.
            #expect(receiver.stop() == 0)
            try steps.step(to: 0)
            try receiver.restart()
            #expect(takesAll(application))
            #expect(try receiver.metrics()["dead_letters"] == 0)
            #expect(receiver.log.contains("the wall clock"))
            #expect(receiver.stop() == 0)
        }

        @Test(arguments: [hour, -hour, tenYears, -tenYears])
        func `a clock that is stepped while running lets nothing expire and delays nothing`(
            seconds: Int64
        ) throws {
            let folder = try TemporaryFolder()
            let application = try Application()
            application.answer(.init(500))
            let steps = try ClockSteps(folder)
            let receiver = try receiver(application, steps, folder)
            #expect(try receiver.send(Self.count / 2).status == 0)
            #expect(eventually { application.requests.count >= Self.count })
            try steps.step(to: seconds)
            #expect(try receiver.send(Self.count / 2).status == 0)
            let direction = seconds > 0 ? "forward" : "back"
            #expect(
                try eventually(seconds: 5) {
                    try receiver.metrics()["clock_steps_total{direction=\"\(direction)\"}"] == 1
                })
            let before = application.requests.count
            #expect(eventually(seconds: 5) { application.requests.count >= before + Self.count })
            #expect(try receiver.metrics()["dead_letters"] == 0)
            #expect(takesAll(application))
            // What people read is the wall clock's.
            #expect(receiver.log.contains("the wall clock was stepped"))
            #expect(receiver.stop() == 0)
        }
    }
}

import Glibc
import TestSupport
import Testing

/// What a supervisor such as systemd is told (deploy/hookline.service: `Type=notify`,
/// `WatchdogSec`).
extension EndToEnd {
    @Suite struct SupervisorTests {
        @Test func `systemd is told of the start, of life and of the stop, in this order`() throws {
            let systemd = try NotifyListener()
            let receiver = try Receiver(
                environment: ["NOTIFY_SOCKET": systemd.path, "WATCHDOG_USEC": "200000"])
            #expect(eventually { systemd.states.first == "READY=1" })
            #expect(eventually { systemd.states.filter { $0 == "WATCHDOG=1" }.count >= 5 })
            #expect(receiver.stop() == 0)
            #expect(systemd.states.last == "STOPPING=1")
        }

        @Test func `a stopped process gives no sign of life`() throws {
            let systemd = try NotifyListener()
            let receiver = try Receiver(
                environment: ["NOTIFY_SOCKET": systemd.path, "WATCHDOG_USEC": "200000"])
            #expect(eventually { systemd.states.contains("WATCHDOG=1") })
            receiver.process.signal(SIGSTOP)
            let before = systemd.states.count
            #expect(!eventually(seconds: 1) { systemd.states.count > before + 1 })
            receiver.process.signal(SIGCONT)
            #expect(eventually { systemd.states.count > before + 2 })
            #expect(receiver.stop() == 0)
        }

        @Test func `a watchdog that is meant for another process gets nothing`() throws {
            let systemd = try NotifyListener()
            let receiver = try Receiver(
                environment: [
                    "NOTIFY_SOCKET": systemd.path, "WATCHDOG_USEC": "20000", "WATCHDOG_PID": "1",
                ])
            #expect(eventually { systemd.states == ["READY=1"] })
            #expect(receiver.stop() == 0)
            #expect(systemd.states == ["READY=1", "STOPPING=1"])
        }
    }
}

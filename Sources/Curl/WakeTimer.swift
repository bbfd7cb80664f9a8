import CCurl
import Glibc

/// A timer of the kernel that ends a wait at an exact moment; the engine's thread only.
struct WakeTimer: ~Copyable {
    private let descriptor: Int32

    /// A timer that is not armed; throws when the process has no descriptor left.
    init() throws(CurlError) {
        descriptor = timerfd_create(CLOCK_MONOTONIC, Int32(TFD_CLOEXEC))
        guard descriptor >= 0 else {
            throw .library(
                operation: "timerfd_create", code: errno, message: String(cString: strerror(errno)))
        }
    }

    deinit {
        close(descriptor)
    }

    /// Arms it, in place of what it was armed for; its descriptor is readable from that moment on.
    func arm(atNanoseconds moment: UInt64) -> Int32 {
        // All zero would disarm it (timerfd_settime(2)).
        let moment = max(1, moment)
        var setting = itimerspec()
        setting.it_value.tv_sec = Int(moment / 1_000_000_000)
        setting.it_value.tv_nsec = Int(moment % 1_000_000_000)
        // Fails only for a descriptor or a time that is none.
        _ = timerfd_settime(descriptor, Int32(TFD_TIMER_ABSTIME), &setting, nil)
        return descriptor
    }
}

import Glibc
import Testing

/// Whether tests may start other programs: not in `make unit` (`HOOKLINE_UNIT=1`), which needs
/// nothing on the machine but what building needs.
public enum OtherPrograms {
    /// False when the variable `HOOKLINE_UNIT` is `1`.
    public static let areAllowed: Bool =
        getenv("HOOKLINE_UNIT").map { String(cString: $0) } != "1"
}

extension Trait where Self == ConditionTrait {
    /// Of a test or suite that starts Redis, Prometheus, Python or another program: `make unit`
    /// skips it.
    public static var startsPrograms: Self {
        .enabled(if: OtherPrograms.areAllowed, "starts another program")
    }
}

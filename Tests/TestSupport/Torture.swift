import Glibc

/// How much a test does: as much as `make test` has time for, or as `make torture` asks for.
public enum Torture {
    /// True when the variable `HOOKLINE_TORTURE` is `1`.
    public static let isOn: Bool = getenv("HOOKLINE_TORTURE").map { String(cString: $0) } == "1"

    /// A count for `make test`, and the one for `make torture`.
    public static func count(_ usual: Int, torture: Int) -> Int { isOn ? torture : usual }
}

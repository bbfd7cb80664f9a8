import CHiredis

/// The library that this was compiled with.
public enum RedisLibrary {
    /// The version in hiredis's header, for example `0.14.1`; the library has no function that says
    /// it.
    public static var version: String { "\(HIREDIS_MAJOR).\(HIREDIS_MINOR).\(HIREDIS_PATCH)" }
}

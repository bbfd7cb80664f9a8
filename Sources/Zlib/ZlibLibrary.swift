import CZlib

/// The library that is loaded.
public enum ZlibLibrary {
    /// Its version, for example `1.2.13`.
    public static var version: String { String(cString: zlibVersion()) }
}

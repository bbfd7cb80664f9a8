import CDeflate

/// The library that Hookline was compiled with.
public enum DeflateLibrary {
    /// Its version, for example `1.14`.
    public static var version: String { LIBDEFLATE_VERSION_STRING }
}

import CMicroHTTPD

/// The library that is loaded.
public enum MicroHTTPLibrary {
    /// Its version, for example `0.9.75`.
    public static var version: String { String(cString: MHD_get_version()) }
}

import COpenSSL

/// The library that is loaded.
public enum OpenSSLLibrary {
    /// Its version, for example `3.0.17`.
    public static var version: String { String(cString: OpenSSL_version(OPENSSL_VERSION_STRING)) }
}

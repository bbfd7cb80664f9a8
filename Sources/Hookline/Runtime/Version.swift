import Curl
import MicroHTTP
import OpenSSL
import SQLite

/// This program's version and those of what it runs on.
public enum Version {
    /// By https://semver.org.
    public static let current = "0.1.0"

    /// The version of the Swift language mode's compiler, as far as a program can tell.
    public static var swift: String {
        #if compiler(>=6.4)
            "6.4 or later"
        #elseif compiler(>=6.3)
            "6.3"
        #else
            "6.2"
        #endif
    }

    /// The C libraries that are loaded now, with their versions.
    public static var libraries: [(name: String, version: String)] {
        [
            ("libmicrohttpd", MicroHTTPLibrary.version), ("SQLite", SQLiteLibrary.version),
            ("libcurl", CurlLibrary.version), ("OpenSSL", OpenSSLLibrary.version),
        ]
    }
}

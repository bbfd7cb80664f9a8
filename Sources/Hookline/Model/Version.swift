import Build
import Curl
import Deflate
import MicroHTTP
import OpenSSL
import Redis
import SQLite

/// This program's version and those of what it runs on.
public enum Version {
    /// By https://semver.org.
    public static let current = "0.1.0"

    /// The commit of the sources, `-dirty` behind it if they differed; `unknown` for a build that
    /// was not told.
    public static let revision = SourceRevision.current

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

    /// The C libraries with their versions: those that are loaded now; of hiredis, which does not
    /// say, that of its header.
    public static var libraries: [(name: String, version: String)] {
        [
            ("libmicrohttpd", MicroHTTPLibrary.version), ("SQLite", SQLiteLibrary.version),
            ("libcurl", CurlLibrary.version), ("OpenSSL", OpenSSLLibrary.version),
            ("hiredis", RedisLibrary.version), ("libdeflate", DeflateLibrary.version),
        ]
    }
}

import Foundation
import Hookline
import POSIX

/// Where a server's metrics are.
enum MetricsAddress {
    /// Hookline's default.
    static let usual = "http://127.0.0.1:9464/metrics"

    /// The address that was given, or the one that a server on this machine left in its data
    /// folder, or the default.
    static func url(given: String?, dataDirectory: String) -> String {
        if let given { return complete(given) }
        struct Addresses: Decodable {
            var ops: String
        }
        let path = DataFolderPaths(folder: dataDirectory).addresses
        // A folder that is not there, or that is not ours to read, is no server's of ours.
        guard let bytes = try? Folder.read(path, bytesMax: 4096),
            // Nor is what a newer version may have written.
            let addresses = try? JSONDecoder().decode(Addresses.self, from: Data(bytes))
        else { return usual }
        return "http://\(reachable(addresses.ops))/metrics"
    }

    /// An address without a path is the listener's.
    private static func complete(_ text: String) -> String {
        guard let scheme = text.range(of: "://") else { return text }
        let rest = text[scheme.upperBound...]
        guard let slash = rest.firstIndex(of: "/") else { return text + "/metrics" }
        return rest[slash...] == "/" ? text + "metrics" : text
    }

    /// An address that a client on this machine can use.
    private static func reachable(_ address: String) -> String {
        for wildcard in ["0.0.0.0:", "[::]:"] where address.hasPrefix(wildcard) {
            return "127.0.0.1:" + address.dropFirst(wildcard.utf8.count)
        }
        return address
    }
}

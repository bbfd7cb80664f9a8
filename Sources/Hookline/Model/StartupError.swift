import POSIX

/// Why the receiver does not start; nothing is left half-started.
public enum StartupError: Error, Sendable {
    /// The data folder cannot be made, read or written.
    case dataFolder(path: String, reason: String)
    /// Another process serves from the data folder.
    case dataFolderInUse(path: String)
    /// An address cannot be listened on.
    case listen(key: String, address: String, reason: String)
    /// The sockets that a supervisor handed over cannot be used.
    case activation(String)
    /// The store cannot be opened.
    case store(String)
    /// The tokens cannot be read.
    case tokens(String)
    /// Redis cannot be asked at all; one that is away is no reason not to start.
    case redis(String)
    /// The system gives too little: threads, descriptors.
    case resources(String)
}

extension StartupError: CustomStringConvertible {
    /// One sentence that names the key and what to do.
    public var description: String {
        switch self {
        case .dataFolder(let path, let reason):
            "--data-dir: cannot use \(path): \(reason)"
        case .dataFolderInUse(let path):
            "--data-dir: \(path) is in use by another hookline process; "
                + "stop it, or give this one a folder of its own"
        case .listen(let key, let address, let reason):
            "\(key): cannot listen on \(address): \(reason)"
        case .activation(let reason): "socket activation (LISTEN_FDS): \(reason)"
        case .store(let reason): "--data-dir: \(reason)"
        case .tokens(let reason): reason
        case .redis(let reason): reason
        case .resources(let reason): reason
        }
    }
}

extension StartupError {
    /// Runs a step that needs something of the system: threads, sockets, files.
    static func starting<Value>(
        _ step: () throws(POSIXError) -> Value
    ) throws(StartupError) -> Value {
        do {
            return try step()
        } catch {
            throw .resources("\(error.operation) failed: \(error.message)")
        }
    }
}

import POSIX

/// Asks a running server over the control socket of its data folder.
public struct ControlClient: Sendable {
    private let dataDirectory: String

    /// A client for the server that serves from `dataDirectory`.
    public init(dataDirectory: String) {
        self.dataDirectory = dataDirectory
    }

    /// The queue's depth.
    public func status() throws(ControlError) -> QueueStatus {
        let answer = try ask(.status)
        do {
            return try QueueStatus(json: answer)
        } catch {
            throw .noAnswer(dataDirectory: dataDirectory)
        }
    }

    /// Sends one request and returns the answer's bytes.
    public func ask(_ request: ControlRequest) throws(ControlError) -> [UInt8] {
        let path = DataFolder.Paths(folder: dataDirectory).control
        do {
            let connection = try LocalConnection(path: path)
            connection.write(Array((request.rawValue + "\n").utf8))
            guard
                let answer = connection.readAll(
                    bytesMax: 16 * 1024 * 1024, timeoutMilliseconds: 10_000)
            else { throw ControlError.noAnswer(dataDirectory: dataDirectory) }
            return answer
        } catch let error as POSIXError {
            throw error.isNotFound || error.isRefused
                ? .notRunning(dataDirectory: dataDirectory)
                : .failed(dataDirectory: dataDirectory, reason: error.message)
        } catch let error as ControlError {
            throw error
        } catch {
            throw .noAnswer(dataDirectory: dataDirectory)
        }
    }
}

/// Why a running server could not be asked.
public enum ControlError: Error, Sendable, CustomStringConvertible {
    /// No process serves from the folder.
    case notRunning(dataDirectory: String)
    /// The server did not answer in time.
    case noAnswer(dataDirectory: String)
    /// The socket cannot be used.
    case failed(dataDirectory: String, reason: String)

    /// One sentence for people.
    public var description: String {
        switch self {
        case .notRunning(let folder):
            "no hookline serves from \(folder); start it, or name its folder with --data-dir"
        case .noAnswer(let folder):
            "the hookline that serves from \(folder) did not answer"
        case .failed(let folder, let reason):
            "cannot ask the hookline that serves from \(folder): \(reason)"
        }
    }
}

import Foundation
import POSIX

/// Asks a running server over the control socket of its data folder.
public struct AdminClient: Sendable {
    /// Bytes of an answer: the largest body that can be configured, escaped, and its header.
    private static let answerBytesMax = 256 * 1024 * 1024
    /// How long the server may be silent: longer than its store thread and a token source take.
    private static let timeoutMilliseconds: Int32 = 40_000

    private let dataDirectory: String

    /// A client for the server that serves from `dataDirectory`.
    public init(dataDirectory: String) {
        self.dataDirectory = dataDirectory
    }

    /// The queue's depth.
    public func status() throws(AdminError) -> QueueStatus {
        var status: QueueStatus?
        _ = try ask(.status) { if case .status(let found) = $0 { status = found } }
        guard let status else { throw .noAnswer(dataDirectory: dataDirectory) }
        return status
    }

    /// Sends one request; hands on each line of the answer and returns its end.
    public func ask(
        _ request: AdminRequest, each: (AdminReply) -> Void
    ) throws(AdminError) -> AdminEnd {
        for line in try exchange(AdminLine(request).bytes).split(separator: 0x0a) {
            let reply: AdminReply
            do {
                reply = try JSONDecoder().decode(AdminReply.self, from: Data(line))
            } catch {
                throw .noAnswer(dataDirectory: dataDirectory)
            }
            switch reply {
            case .end(let end): return end
            case .error(let fault): throw .refused(fault)
            default: each(reply)
            }
        }
        throw .noAnswer(dataDirectory: dataDirectory)
    }

    /// Sends bytes and returns what came until the server closed.
    func exchange(_ line: [UInt8]) throws(AdminError) -> [UInt8] {
        let connection: LocalConnection
        do {
            connection = try LocalConnection(path: DataFolderPaths(folder: dataDirectory).control)
        } catch {
            throw error.isNotFound || error.isRefused
                ? .notRunning(dataDirectory: dataDirectory)
                : .failed(dataDirectory: dataDirectory, reason: error.message)
        }
        connection.write(line)
        guard
            let answer = connection.readAll(
                bytesMax: Self.answerBytesMax, timeoutMilliseconds: Self.timeoutMilliseconds)
        else { throw .noAnswer(dataDirectory: dataDirectory) }
        return answer
    }
}

/// Why a running server could not be asked, or refused.
public enum AdminError: Error, Sendable, CustomStringConvertible {
    /// No process serves from the folder.
    case notRunning(dataDirectory: String)
    /// The server did not answer in time, or broke off.
    case noAnswer(dataDirectory: String)
    /// The socket cannot be used.
    case failed(dataDirectory: String, reason: String)
    /// The server says why not.
    case refused(AdminFault)

    /// One sentence for people.
    public var description: String {
        switch self {
        case .notRunning(let folder):
            "no hookline serves from \(folder); start it, or name its folder with --data-dir"
        case .noAnswer(let folder):
            "the hookline that serves from \(folder) did not answer"
        case .failed(let folder, let reason):
            "cannot ask the hookline that serves from \(folder): \(reason)"
        case .refused(let fault):
            fault.message
        }
    }
}

import OpenSSL
import POSIX
import Synchronization

/// Who this process is among those that share the queue, and what the one before it on the same
/// data folder was and knew. Kept in a file of two lines: the name and the epoch of Redis's data.
final class RedisConsumerName: Sendable {
    /// This process, and no other ever.
    let name: String
    /// The process before it, which has ended, because it held the data folder's lock.
    let predecessor: String?
    /// The epoch that the process before it knew.
    let knownEpoch: [UInt8]?
    private let path: String
    private let log: Log

    /// Reads what the process before left and writes what this one is called.
    init(path: String, log: Log) {
        self.path = path
        self.log = log
        name = Hexadecimal.text(RandomBytes.make(8))
        var lines: [Substring] = []
        do throws(POSIXError) {
            let bytes = try Folder.read(path, bytesMax: 1024) ?? []
            lines = String(decoding: bytes, as: UTF8.self)
                .split(separator: "\n", omittingEmptySubsequences: false)
        } catch {
            log.write(
                LogLine(.warning, "what an earlier process left of Redis cannot be read")
                    .with("path", path).with("error", error.message))
        }
        let words = lines.filter { $0.utf8.count <= 64 }.map(String.init)
        predecessor = words.first.flatMap { $0.isEmpty ? nil : $0 }
        knownEpoch = words.count > 1 && !words[1].isEmpty ? Array(words[1].utf8) : nil
        write(epoch: knownEpoch)
    }

    /// Redis's data has another epoch. A thread of the queue's.
    func note(epoch: [UInt8]) { write(epoch: epoch) }

    private func write(epoch: [UInt8]?) {
        do throws(POSIXError) {
            try Folder.write(Array("\(name)\n".utf8) + (epoch ?? []) + [0x0a], to: path)
        } catch {
            // Without it a restart waits one lease for its own work, and misses a loss.
            log.write(
                LogLine(.warning, "cannot write down who this process is to Redis")
                    .with("path", path).with("error", error.message))
        }
    }
}

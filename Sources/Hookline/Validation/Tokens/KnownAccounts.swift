import POSIX
import Synchronization

/// The accounts for which the token source had tokens, kept over restarts as a file in the data
/// folder: names only, never a token.
///
/// They are asked for at the next start, and come before accounts that only a request names. Any
/// thread; only a fetching thread writes the file.
final class KnownAccounts: Sendable {
    /// Accounts that are kept; beyond it a new one is not.
    static let accountsMax = 10_000
    private static let lineBytes = 35

    private struct State: Sendable {
        var accounts: Set<[UInt8]> = []
        var isChanged = false
    }

    private let path: String
    private let log: Log
    private let state: Mutex<State>

    /// Reads the file at `path`. One that cannot be read is said in the log, and is as good as
    /// none; a line that is no account SID is skipped.
    init(path: String, log: Log) {
        self.path = path
        self.log = log
        var read = State()
        do {
            let bytes = try Folder.read(path, bytesMax: Self.lineBytes * Self.accountsMax)
            for line in (bytes ?? []).split(separator: 0x0a) where AccountSID.isValid(line) {
                read.accounts.insert(Array(line))
            }
        } catch {
            log.write(Self.line("cannot read the names of known accounts", path, error))
        }
        state = Mutex(read)
    }

    /// All of them, in no order.
    var all: [[UInt8]] { Array(state.withLock { $0.accounts }) }

    /// True for an account that the source knew when it was last asked.
    func contains(_ account: [UInt8]) -> Bool { state.withLock { $0.accounts.contains(account) } }

    /// Notes whether the source knows an account.
    func note(_ account: [UInt8], isKnown: Bool) {
        state.withLock { state in
            if !isKnown {
                if state.accounts.remove(account) != nil { state.isChanged = true }
            } else if state.accounts.count < Self.accountsMax,
                state.accounts.insert(account).inserted
            {
                state.isChanged = true
            }
        }
    }

    /// Writes the file if something has changed. A failure is said in the log, and the file is
    /// written at the next change.
    func save() {
        let changed = state.withLock { state -> Set<[UInt8]>? in
            defer { state.isChanged = false }
            return state.isChanged ? state.accounts : nil
        }
        guard let changed else { return }
        do {
            try Folder.write(Array(changed.map { $0 + [0x0a] }.joined()), to: path)
        } catch {
            log.writeSampled(.warning) {
                Self.line("cannot write the names of known accounts", path, error)
            }
        }
    }

    private static func line(
        _ message: String, _ path: String, _ error: POSIXError
    ) -> LogLine {
        LogLine(.warning, message).with("path", path).with("error", error.message)
    }
}

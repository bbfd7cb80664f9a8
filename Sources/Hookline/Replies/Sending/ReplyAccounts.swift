import POSIX
import Synchronization
import TwilioAPI

/// Who asks Twilio's API to send an account's messages: an API key, or the account's own Auth
/// Token. Any thread.
final class ReplyAccounts: Sendable {
    private let configuration: Configuration
    private let table: Mutex<(accounts: [String: [Secret]], others: [Secret])>
    private let gate = OncePerMinute()

    /// Throws when the tokens or the key cannot be read.
    init(_ configuration: Configuration) throws(StartupError) {
        self.configuration = configuration
        table = Mutex(try configuration.configuredTokens())
        if configuration.twilio.apiKey != nil { _ = try configuration.twilioCredentials(of: "") }
    }

    /// The credentials that send for an account; nil when there are none.
    func credentials(of account: String) -> APICredentials? {
        if configuration.twilio.apiKey != nil {
            // It was read before; a file that is gone meanwhile is as good as no key.
            return try? configuration.twilioCredentials(of: account)
        }
        // The throw-away token is nobody's at Twilio; here it is asked of a stand-in.
        if configuration.development {
            return APICredentials(user: account, password: Array("dev".utf8))
        }
        let tokens = table.withLock { $0.accounts[account] ?? $0.others }
        return tokens.first.map { APICredentials(user: account, password: $0.bytes) }
    }

    /// Twilio refused credentials: the tokens may have changed.
    func refused() {
        guard gate.takeTurn(at: MonotonicClock.now()) else { return }
        // What cannot be read now is read again a minute later.
        guard let tokens = try? configuration.configuredTokens() else { return }
        table.withLock { $0 = tokens }
    }
}

import OpenSSL
import POSIX

/// Tries keys and messages against one signature, and counts what that costs.
struct SignatureTrials {
    private let signature: ArraySlice<UInt8>
    private let hmacsMax: Int
    private let hashedBytesMax: Int
    /// HMACs that were made.
    private(set) var hmacs = 0
    /// Bytes that were hashed, or rewritten to be hashed.
    private(set) var hashedBytes = 0
    /// How the work is divided; nil when it is done in one go.
    private var pace: RestingPace?

    init(
        signature: ArraySlice<UInt8>, hmacsMax: Int, hashedBytesMax: Int, pace: RestingPace? = nil
    ) {
        self.pace = pace
        self.signature = signature
        self.hmacsMax = hmacsMax
        self.hashedBytesMax = hashedBytesMax
    }

    /// True when a bound is reached: nothing more is tried.
    var isExhausted: Bool { hmacs >= hmacsMax || hashedBytes >= hashedBytesMax }

    /// Counts work besides HMACs.
    mutating func charge(bytes: Int) {
        hashedBytes += bytes
        pace?.step()
    }

    /// True when one of the keys gives the signature for this message.
    mutating func matches(_ message: [UInt8], keys: [HMACKey]) -> Bool {
        for key in keys {
            guard !isExhausted else { return false }
            pace?.step()
            hmacs += 1
            hashedBytes += message.count
            if key.matches(message, [], base64: signature) { return true }
        }
        return false
    }
}

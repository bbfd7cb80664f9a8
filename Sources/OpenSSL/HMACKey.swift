import COpenSSL

/// A key of HMAC (RFC 2104) that is prepared once and used for many messages.
///
/// Both pads are hashed when the key is made, so a message costs its own blocks and two more.
/// The key's bytes are not kept.
///
/// - `@unchecked Sendable`: the two states and the id are written in `init` only; afterwards each
///   call copies them.
public final class HMACKey: @unchecked Sendable {
    /// The hash function.
    public let algorithm: HashAlgorithm
    /// Tells this key from others and tells nothing of it: the first eight bytes of its code of a
    /// fixed text. Never 0.
    public private(set) var id: UInt64 = 0
    /// After the inner pad and after the outer one: two states, in memory of their own, so that
    /// they can be wiped.
    private let states: UnsafeMutablePointer<HashState>

    /// Prepares a key.
    public init(_ key: [UInt8], algorithm: HashAlgorithm = .sha1) {
        let blockBytes = 64
        var padded = key.count > blockBytes ? HashState(algorithm).digest(with: key) : key
        padded += Array(repeating: 0, count: blockBytes - padded.count)
        defer { OPENSSL_cleanse(&padded, padded.count) }
        self.algorithm = algorithm
        states = .allocate(capacity: 2)
        states.initialize(to: Self.state(after: padded, xor: 0x36, algorithm))
        (states + 1).initialize(to: Self.state(after: padded, xor: 0x5c, algorithm))
        // Twilio signs URLs with a key, never this text.
        let code = code(of: Array("hookline key 1".utf8))
        id = max(1, code.prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
    }

    deinit {
        OPENSSL_cleanse(states, 2 * MemoryLayout<HashState>.stride)
        states.deallocate()
    }

    /// The code of a message, as long as a digest. Any thread.
    public func code(of message: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: algorithm.digestBytes) { buffer, count in
            guard let start = buffer.baseAddress else { return }
            write(message, [], into: start)
            count = algorithm.digestBytes
        }
    }

    /// True when `text` is the Base64 of the code of `head` followed by `tail`. Only the length
    /// of `text` can be learnt from the time taken. Any thread.
    public func matches(
        _ head: [UInt8], _ tail: [UInt8], base64 text: ArraySlice<UInt8>
    ) -> Bool {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { code in
            guard let start = code.baseAddress else { return false }
            write(head, tail, into: start)
            return Base64.equal(UnsafeBufferPointer(rebasing: code[..<algorithm.digestBytes]), text)
        }
    }

    private func write(
        _ head: [UInt8], _ tail: [UInt8], into code: UnsafeMutablePointer<UInt8>
    ) {
        var state = states[0]
        head.withUnsafeBytes { state.update($0) }
        tail.withUnsafeBytes { state.update($0) }
        state.finish(into: code)
        state = states[1]
        state.update(UnsafeRawBufferPointer(start: code, count: algorithm.digestBytes))
        state.finish(into: code)
    }

    private static func state(
        after padded: [UInt8], xor pad: UInt8, _ algorithm: HashAlgorithm
    ) -> HashState {
        var block = padded.map { $0 ^ pad }
        defer { OPENSSL_cleanse(&block, block.count) }
        var state = HashState(algorithm)
        block.withUnsafeBytes { state.update($0) }
        return state
    }
}

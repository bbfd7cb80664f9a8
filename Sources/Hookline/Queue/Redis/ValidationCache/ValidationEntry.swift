/// A validation as an entry of Redis: what it is called and what it says.
struct ValidationEntry: Sendable {
    /// The first half of the key behind a prefix; in one slot of a cluster with the queue.
    let name: [UInt8]
    /// The second half of the key.
    let content: [UInt8]

    private static let prefix = Array("{hookline}:validated:".utf8)

    /// The entry of a key that `ValidationKeys` made; nil when it is none.
    init?(key: [UInt8]) {
        guard key.count == 32 else { return nil }
        name = Self.prefix + key[..<16]
        content = Array(key[16...])
    }

    /// What the append script is told of it, besides its name.
    func arguments(_ timeToLiveMilliseconds: Int64) -> [[UInt8]] {
        [content, StreamEntry.text(timeToLiveMilliseconds)]
    }
}

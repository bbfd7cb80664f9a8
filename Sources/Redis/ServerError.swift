/// An error reply: Redis understood the command and did not carry it out.
public struct ServerError: Error, Sendable, Equatable {
    /// What kind of refusal it is, by the first word of the reply.
    public var kind: Kind
    /// The reply's text up to the first quotation mark, at most 200 bytes: what Redis quotes are
    /// arguments, which may hold anything.
    public var message: String

    /// The kinds of refusal, in a fixed vocabulary.
    public enum Kind: String, Sendable, CaseIterable {
        /// `LOADING`: it reads its data set from the disk.
        case loading
        /// `READONLY`: it is a replica.
        case readOnly = "read_only"
        /// `MASTERDOWN`: a replica whose master is away.
        case masterDown = "master_down"
        /// `MISCONF`: it cannot write to its disk.
        case misconfigured
        /// `OOM`: `maxmemory` is reached.
        case outOfMemory = "out_of_memory"
        /// `NOAUTH`, `WRONGPASS`: no password, or a wrong one.
        case authentication
        /// `NOPERM`: the user's access list forbids the command or the key.
        case permission
        /// `NOREPLICAS`: fewer replicas than `min-replicas-to-write`.
        case replicas
        /// `BUSY`: a script runs for too long.
        case busy
        /// `NOSCRIPT`: the script is not, or no longer, in the script cache.
        case noScript = "no_script"
        /// `NOGROUP`: the stream, or its consumer group, is not there.
        case noGroup = "no_group"
        /// `UNBLOCKED`: a blocking command was ended because the role or the key changed.
        case unblocked
        /// `WRONGTYPE`: the key holds something else.
        case wrongType = "wrong_type"
        /// `MOVED`, `ASK`, `CROSSSLOT`, `CLUSTERDOWN`, `TRYAGAIN`: it is part of a cluster.
        case cluster
        /// Anything else.
        case other
    }

    /// Reads an error reply, which is without its leading minus sign.
    public init(reply: some Collection<UInt8>) {
        let word = String(decoding: reply.prefix { $0 != 0x20 }.prefix(16), as: UTF8.self)
        kind = Self.kinds[word] ?? .other
        let quotes: Set<UInt8> = [0x22, 0x27, 0x60]
        let text = reply.prefix(200).prefix { !quotes.contains($0) }
        message = String(decoding: text, as: UTF8.self)
    }

    private static let kinds: [String: Kind] = [
        "LOADING": .loading, "READONLY": .readOnly, "MASTERDOWN": .masterDown,
        "MISCONF": .misconfigured, "OOM": .outOfMemory, "NOAUTH": .authentication,
        "WRONGPASS": .authentication, "NOPERM": .permission, "NOREPLICAS": .replicas,
        "BUSY": .busy, "NOSCRIPT": .noScript, "NOGROUP": .noGroup, "UNBLOCKED": .unblocked,
        "WRONGTYPE": .wrongType, "MOVED": .cluster, "ASK": .cluster, "CROSSSLOT": .cluster,
        "CLUSTERDOWN": .cluster, "TRYAGAIN": .cluster,
    ]
}

extension ServerError: CustomStringConvertible {
    /// Redis's own words without what it quotes.
    public var description: String { message }
}

import Deflate

/// What a destination is called, and the number by which the store knows it.
struct DestinationName: Hashable, Sendable {
    /// The destination of `--forward-to`, and of every message that an earlier version stored.
    static let standard = DestinationName("default")
    /// Where webhooks go that no rule takes.
    static let unmatched = DestinationName("unmatched")
    /// Letters of a name.
    static let lengthMax = 32

    /// Small letters, digits, `-` and `_`.
    let text: String
    /// 0 for `default`, else a number below 2^32 that follows from the name alone. No table is
    /// needed to read a row, and a copied row belongs to the same destination.
    let code: Int64

    init(_ text: String) {
        self.text = text
        guard text != "default" else {
            code = 0
            return
        }
        var checksum = CRC32()
        checksum.update(Array(text.utf8).span)
        code = max(1, Int64(checksum.value))
    }

    /// True for a text that a destination can be called.
    static func isValid(_ text: String) -> Bool {
        guard let first = text.utf8.first, isLetterOrDigit(first) else { return false }
        return text.utf8.count <= lengthMax
            && text.utf8.allSatisfy { isLetterOrDigit($0) || $0 == 0x2d || $0 == 0x5f }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte)
    }
}

/// Which of the configured destinations one is, from 0. Only this process knows the number.
struct DestinationNumber: Hashable, Sendable {
    /// The only one, where there is one.
    static let first = DestinationNumber(0)

    let place: UInt8

    init(_ place: Int) { self.place = UInt8(truncatingIfNeeded: place) }

    /// The number as the place in an array.
    var index: Int { Int(place) }
}

/// The destinations of this process, in the order of the configuration; one at least.
struct DestinationList: Sendable {
    /// How many may be configured.
    static let countMax = 32
    /// One destination, called `default`.
    static let standard = DestinationList([.standard])

    let names: [DestinationName]

    init(_ names: [DestinationName]) { self.names = names }

    var count: Int { names.count }

    /// All of them.
    var numbers: [DestinationNumber] { names.indices.map { DestinationNumber($0) } }

    /// The store's number of one.
    func code(of number: DestinationNumber) -> Int64 { names[number.index].code }

    /// The one that the store knows by this number; nil when it is not configured.
    func number(ofCode code: Int64) -> DestinationNumber? {
        names.firstIndex { $0.code == code }.map { DestinationNumber($0) }
    }

    /// The one of this name; nil when it is not configured.
    func number(named text: String) -> DestinationNumber? {
        names.firstIndex { $0.text == text }.map { DestinationNumber($0) }
    }
}

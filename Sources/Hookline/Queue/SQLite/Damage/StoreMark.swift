import Deflate
import POSIX

/// What the store held after a commit: the high-water mark, and what is owed beside it.
struct StoreMark: Sendable, Equatable {
    /// The last id that was given to a message.
    var lastID: Int64 = 0
    /// Deliveries that are owed.
    var owed: Int64 = 0
    /// Dead letters.
    var dead: Int64 = 0
    /// Requests that are stored unverified.
    var unverified: Int64 = 0
    /// Which mark it is, from 1; the later of two that can be read counts.
    var number: UInt64 = 0
    /// True when it was written at a clean stop, after everything else.
    var isClean = false

    /// The bytes of one written mark.
    static let byteCount = 56

    /// Everything that would be missed.
    var messages: Int64 { owed + dead + unverified }

    /// How it is written: six numbers, the most significant byte first, and their checksum.
    var bytes: [UInt8] {
        let numbers: InlineArray<6, UInt64> = [
            number, UInt64(bitPattern: lastID), UInt64(bitPattern: owed),
            UInt64(bitPattern: dead), UInt64(bitPattern: unverified), isClean ? 1 : 0,
        ]
        var bytes = [UInt8](repeating: 0, count: Self.byteCount)
        for place in 0..<48 {
            bytes[place] = UInt8(
                truncatingIfNeeded: numbers[place / 8] >> UInt64(56 - place % 8 * 8))
        }
        let sum = UInt64(Self.checksum(bytes[..<48]))
        for place in 48..<56 {
            bytes[place] = UInt8(truncatingIfNeeded: sum >> UInt64(56 - (place - 48) * 8))
        }
        return bytes
    }

    init() {}

    /// Reads a mark; nil when it was never written, or not to its end.
    init?(_ bytes: ArraySlice<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        func number(_ index: Int) -> UInt64 {
            bytes.dropFirst(8 * index).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        }
        guard number(6) == UInt64(Self.checksum(bytes.prefix(48))), number(0) > 0 else {
            return nil
        }
        self.number = number(0)
        lastID = Int64(bitPattern: number(1))
        owed = Int64(bitPattern: number(2))
        dead = Int64(bitPattern: number(3))
        unverified = Int64(bitPattern: number(4))
        isClean = number(5) == 1
    }

    private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        var sum = CRC32()
        sum.update(Array(bytes).span)
        return sum.value
    }
}

/// What the marker says of the folder and of the database in it.
struct StoreMarkerHead: Sendable, Equatable {
    /// Names the folder; 32 hexadecimal digits.
    var folder: String
    /// Names the database; 32 hexadecimal digits, empty before there was one.
    var database: String
    /// Messages that were lost with files of this folder, at most, since it was made.
    var lost: Int64 = 0
    /// When the last of them were found missing; epoch milliseconds, 0 for never.
    var lostMilliseconds: Int64 = 0

    /// The head takes the first bytes of the file, the marks follow.
    static let byteCount = 512

    /// How it is written: lines for people, filled up with line feeds.
    var bytes: [UInt8] {
        var text = "Hookline: what the database beside this file held last. Do not edit.\n"
        text +=
            "folder \(folder)\ndatabase \(database)\nlost \(lost)\nlost_at \(lostMilliseconds)\n"
        var bytes = Array(text.utf8)
        bytes += Array("checksum \(Self.checksum(bytes))\n".utf8)
        bytes += [UInt8](repeating: 0x0a, count: max(0, Self.byteCount - bytes.count))
        return bytes
    }

    init(folder: String, database: String) {
        self.folder = folder
        self.database = database
    }

    /// The same after so many messages more were found missing.
    func losing(_ messages: Int64) -> StoreMarkerHead {
        guard messages > 0 else { return self }
        var head = self
        head.lost += messages
        head.lostMilliseconds = WallClock.nowMilliseconds()
        return head
    }

    /// Reads a head; nil when it is not one, or not whole.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= Self.byteCount else { return nil }
        let lines = bytes.prefix(Self.byteCount).split(separator: 0x0a)
        guard lines.count == 6 else { return nil }
        let covered = bytes.prefix(lines[4].endIndex + 1)
        let words = lines.map { String(decoding: $0, as: UTF8.self) }
        func value(_ line: Int, _ name: String) -> String? {
            words[line].hasPrefix(name + " ")
                ? String(words[line].dropFirst(name.utf8.count + 1)) : nil
        }
        guard let folder = value(1, "folder"), let database = value(2, "database"),
            let lost = value(3, "lost").flatMap({ Int64($0) }),
            let lostAt = value(4, "lost_at").flatMap({ Int64($0) }),
            value(5, "checksum") == "\(Self.checksum(Array(covered)))"
        else { return nil }
        self.folder = folder
        self.database = database
        self.lost = lost
        lostMilliseconds = lostAt
    }

    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var sum = CRC32()
        sum.update(bytes.span)
        return sum.value
    }
}

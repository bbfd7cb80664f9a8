import Foundation

/// The requests of `http-corpus.txt`, and what becomes of each.
public struct HTTPCorpus {
    /// One line of the file: what a client sends on a connection, and what comes of it.
    public struct Case: Sendable {
        /// `taken` or `refused`, and the row of docs/http.md that says so.
        public var heading: String
        /// Its own.
        public var name: String
        /// The statuses of the answers, in order.
        public var statuses: [Int]
        /// What is sent.
        public var bytes: [UInt8]
        /// What a handler gets of each request: method, target, bytes of the body. Empty where
        /// the file does not say.
        public var received: [String]

        /// True when the last request is refused: the connection is closed after its answer.
        public var isRefused: Bool { (statuses.last ?? 0) >= 400 }
    }

    /// All of them.
    public let cases: [Case]
    /// The headings, in order.
    public let headings: [String]

    /// Reads the file.
    public init() throws {
        let path = #filePath.replacing("HTTPCorpus.swift", with: "http-corpus.txt")
        let file = try String(contentsOfFile: path, encoding: .utf8)
        var heading = ""
        var headings: [String] = []
        var cases: [Case] = []
        for line in file.split(separator: "\n") {
            if line.hasPrefix("## ") {
                heading = String(line.dropFirst(3))
                headings.append(heading)
            } else if !line.hasPrefix("#") {
                let parts = line.split(separator: "\t").map(String.init)
                guard parts.count >= 3 else { throw ChildProcess.Failure("no case: \(line)") }
                cases.append(
                    Case(
                        heading: heading, name: parts[1],
                        statuses: parts[0].split(separator: " ").compactMap { Int($0) },
                        bytes: try Self.bytes(parts[2]),
                        received: parts.count > 3
                            ? parts[3].split(separator: ", ").map(String.init) : []))
            }
        }
        self.cases = cases
        self.headings = headings
    }

    /// What `\r`, `\x0b` and `{9*a}` stand for.
    private static func bytes(_ text: String) throws -> [UInt8] {
        var rest = Array(text.utf8)[...]
        var bytes: [UInt8] = []
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\") {
                bytes.append(try escaped(&rest))
            } else if byte == UInt8(ascii: "{") {
                let count = rest.prefix { $0 != UInt8(ascii: "*") }
                rest = rest.dropFirst(count.count + 1)
                let times = Int(String(decoding: count, as: UTF8.self))
                guard var unit = rest.popFirst(), let times else {
                    throw ChildProcess.Failure("no repetition: \(text)")
                }
                if unit == UInt8(ascii: "\\") { unit = try escaped(&rest) }
                bytes += [UInt8](repeating: unit, count: times)
                guard rest.popFirst() == UInt8(ascii: "}") else {
                    throw ChildProcess.Failure("no repetition: \(text)")
                }
            } else {
                bytes.append(byte)
            }
        }
        return bytes
    }

    private static func escaped(_ rest: inout ArraySlice<UInt8>) throws -> UInt8 {
        switch rest.popFirst() {
        case UInt8(ascii: "r"): return 0x0d
        case UInt8(ascii: "n"): return 0x0a
        case UInt8(ascii: "t"): return 0x09
        case UInt8(ascii: "0"): return 0
        case UInt8(ascii: "\\"): return UInt8(ascii: "\\")
        case UInt8(ascii: "\""): return UInt8(ascii: "\"")
        case UInt8(ascii: "x"):
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            rest = rest.dropFirst(2)
            if let byte = UInt8(digits, radix: 16) { return byte }
        default: break
        }
        throw ChildProcess.Failure("an escape is not known")
    }
}

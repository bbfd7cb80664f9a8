import Foundation
import TestSupport

@testable import TwiML

/// Runs the oracle: Twilio's own library.
enum TwiMLOracle {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

    /// What it prints, each line split at its tabs.
    static func lines(_ arguments: [String]) throws -> [[Substring]] {
        let root = folder.deletingLastPathComponent().deletingLastPathComponent()
        let result = try ChildProcess.run(
            root.appendingPathComponent(".venv/bin/python").path,
            [folder.appendingPathComponent("Oracles/twiml.py").path] + arguments)
        guard result.status == 0 else { throw ChildProcess.Failure(result.errors) }
        return result.output.split(separator: "\n").map {
            $0.split(separator: "\t", omittingEmptySubsequences: false)
        }
    }

    static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    static func bytes(_ hexadecimal: some StringProtocol) -> [UInt8] {
        let digits = Array(hexadecimal.utf8).map { $0 <= 0x39 ? $0 - 0x30 : $0 - 0x61 + 10 }
        return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    /// Texts that a column holds, in hexadecimal and separated by commas.
    static func texts(_ column: Substring) -> [String] {
        column.split(separator: ",", omittingEmptySubsequences: false).map {
            String(decoding: bytes($0), as: UTF8.self)
        }
    }
}

/// Random numbers that a seed repeats.
struct SeededRandom {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next(_ bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(bound))
    }

    mutating func pick<Value>(_ values: [Value]) -> Value { values[next(values.count)] }
}

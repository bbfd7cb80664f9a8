import Foundation
import POSIX
import SQLite
import TestSupport
import Testing

@testable import Hookline

/// A number generator that gives the same numbers for the same seed.
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// SplitMix64 (https://prng.di.unimi.it/splitmix64.c).
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

/// Changed bits and cuts at random places of the database, its log and the marker: each is
/// harmless or reported, and no altered message is ever claimed.
@Suite struct StoreDamageTests {
    private static let runs = Torture.count(60, torture: 1000)
    private static let files = ["hookline.sqlite", "hookline.sqlite-wal", "store-marker"]
    private static let owed = 220

    /// What came of one damaged folder.
    private struct Outcome {
        var altered = 0
        var missing = 0
        var isReported = false
        var isRefused = false
    }

    /// The files of a folder in the middle of its work: part of it in the database, part in the
    /// log, some messages delivered and some given up.
    private func files() throws -> [String: [UInt8]] {
        let bench = try DamageBench()
        let opened = try bench.opening.open()
        try bench.append(opened, 1...200)
        _ = try opened.store.checkpoint(truncating: true)
        try bench.append(opened, 201...240)
        try bench.commit(opened) {
            let claimed = try opened.store.rows.claim(20, nowMilliseconds: .max)
            try opened.store.rows.apply(claimed.map(\.completion))
        }
        var files: [String: [UInt8]] = [:]
        for name in Self.files { files[name] = bench.folder.bytes(name) }
        return files
    }

    /// Damages one file of a copy, opens it and takes everything out.
    private func run(_ files: [String: [UInt8]], _ random: inout SeededNumbers) throws -> Outcome {
        let bench = try DamageBench()
        for (name, bytes) in files { try bench.folder.write(bytes, to: name) }
        // Most of it where most of the bytes are.
        let name = Self.files[[0, 0, 0, 1, 1, 2][Int.random(in: 0..<6, using: &random)]]
        var bytes = files[name] ?? []
        let place = Int.random(in: 0..<bytes.count, using: &random)
        if Int.random(in: 0..<4, using: &random) == 0 {
            bytes.removeLast(bytes.count - place)
        } else {
            bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        }
        try bench.folder.write(bytes, to: name)
        return try takeAll(bench)
    }

    private func takeAll(_ bench: DamageBench) throws -> Outcome {
        var outcome = Outcome()
        var got: Set<Int> = []
        var dead: Int64 = 0
        do {
            var next: StoreOpening.Opened? = try bench.opening.open()
            // As the store thread does it: a database that turns out to be damaged is replaced.
            for _ in 0..<3 {
                guard let opened = next.take() else { break }
                do {
                    for delivery in try DamageBench.claim(opened.store) {
                        if let number = DamageBench.number(delivery.webhook) {
                            got.insert(number)
                        } else {
                            outcome.altered += 1
                        }
                    }
                    dead = opened.store.mark.dead
                } catch let error as SQLiteError where error.reason == .corrupt {
                    opened.store.rollBack()
                    opened.store.keepLogOnClose()
                    next = try bench.opening.reopen(
                        opened.marker, time: opened.store.clock.note)
                }
            }
        } catch {
            outcome.isRefused = true
        }
        outcome.missing = Self.owed - got.count
        outcome.isReported =
            bench.report.losses.messages + dead + Int64(bench.report.losses.setAside ?? 0) > 0
            || outcome.isRefused
        return outcome
    }

    @Test func `each change of a byte and each cut is harmless or reported, and alters nothing`()
        throws
    {
        let files = try files()
        #expect(files.count == 3)
        var random = SeededNumbers(seed: 11)
        var (altered, silent, harmless, reported, refused, lost) = (0, 0, 0, 0, 0, 0)
        for _ in 0..<Self.runs {
            let outcome = try run(files, &random)
            altered += outcome.altered
            refused += outcome.isRefused ? 1 : 0
            if outcome.missing > 0, !outcome.isReported { silent += 1 }
            if outcome.missing <= 0 { harmless += 1 } else { reported += 1 }
            lost += max(0, outcome.missing)
        }
        print(
            "damage: \(Self.runs) runs, \(harmless) lost nothing, \(reported) lost something "
                + "(\(lost) messages of \(Self.runs * Self.owed)), \(silent) of them in silence, "
                + "\(refused) starts refused, \(altered) altered messages")
        #expect(altered == 0)
        #expect(silent == 0)
        #expect(refused == 0)
    }
}

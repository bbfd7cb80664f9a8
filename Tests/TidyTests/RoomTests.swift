import Foundation
import Testing

/// The arrows of ARCHITECTURE.md hold.
@Suite struct RoomTests {
    private static let server = Repository.sources.filter {
        $0.path.hasPrefix("Sources/Hookline/")
    }
    private static let uses = Rooms.uses(in: server)

    @Test func `every file of the server lies in a room`() {
        #expect(Self.server.filter { Rooms.room(of: $0.path) == nil }.map(\.path) == [])
        #expect(Self.server.count > 150)
    }

    @Test func `a room uses only what its row allows`() {
        let forbidden = Self.uses.filter { use in
            !Rooms.all.contains { $0.path == use.from && $0.mayUse.contains(use.to) }
        }
        let found = forbidden.map { "\($0.path) uses \($0.type) of \($0.to)" }.sorted()
        #expect(found == [])
    }

    @Test func `no two rooms use each other, not even around a corner`() {
        for (index, room) in Rooms.all.enumerated() {
            let above = Set(Rooms.all[..<index].map(\.path))
            #expect(above.isSuperset(of: room.mayUse), "\(room.path)")
        }
    }

    @Test func `no row allows what nobody needs`() {
        for room in Rooms.all {
            for other in room.mayUse {
                let isUsed = Self.uses.contains { $0.from == room.path && $0.to == other }
                #expect(isUsed, "\(room.path) no longer uses \(other)")
            }
        }
    }

    @Test func `a use that is not allowed is found`() {
        let files = [
            SourceFile(path: "Sources/Hookline/Model/A.swift", text: "struct A { let b: Bee }"),
            SourceFile(
                path: "Sources/Hookline/Queue/Redis/Client/B.swift",
                text: "/// Not A.\nfinal class Bee { let text = \"A\" } // nor this A"),
        ]
        let expected = Rooms.Use(
            from: "Model", to: "Queue/Redis/Client", type: "Bee",
            path: "Sources/Hookline/Model/A.swift")
        #expect(Rooms.uses(in: files) == [expected])
    }

    /// `make docs` writes it.
    @Test func `ARCHITECTURE has the table of rooms as they are`() throws {
        let text = Repository.text("ARCHITECTURE.md")
        let start = try #require(text.range(of: "<!-- rooms -->\n")?.upperBound)
        let stop = try #require(text.range(of: "<!-- /rooms -->")?.lowerBound)
        let table = Rooms.table(of: Self.server, uses: Self.uses).joined(separator: "\n") + "\n"
        if ProcessInfo.processInfo.environment["HOOKLINE_WRITE_DOCS"] == "1" {
            try text.replacingCharacters(in: start..<stop, with: table)
                .write(
                    toFile: Repository.root + "/ARCHITECTURE.md", atomically: true,
                    encoding: .utf8)
        } else {
            #expect(text[start..<stop] == table, "ARCHITECTURE.md is out of date: run `make docs`")
        }
    }
}

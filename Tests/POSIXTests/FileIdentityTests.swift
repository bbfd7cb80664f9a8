import Foundation
import TestSupport
import Testing

@testable import POSIX

@Suite struct FileIdentityTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func `a file is the same until it is removed or replaced`() throws {
        let path = folder.path("file")
        try folder.write("a", to: "file")
        let file = try RecordFile(path: path)
        #expect(file.identity.look(at: path) == .same)
        try Folder.move(path, to: folder.path("other"))
        #expect(file.identity.look(at: path) == .removed)
        #expect(file.identity.look(at: folder.path("other")) == .same)
        try folder.write("a", to: "file")
        #expect(file.identity.look(at: path) == .replaced)
        #expect(file.identity.look(at: path + "/below") == .removed)
    }

    @Test func `a folder behind a link is looked at behind the link`() throws {
        let path = folder.path("link")
        try FileManager.default.createSymbolicLink(
            atPath: path, withDestinationPath: folder.path)
        let open = try OpenFolder(path)
        #expect(open.identity.look(at: path, following: true) == .same)
        #expect(open.identity.look(at: path) == .replaced)
    }

    @Test func `a record is written in place and a link is refused`() throws {
        try folder.write("0123456789", to: "file")
        let file = try RecordFile(path: folder.path("file"))
        try file.write(Array("ab".utf8), at: 4)
        try file.sync()
        #expect(folder.text("file") == "0123ab6789")
        try FileManager.default.createSymbolicLink(
            atPath: folder.path("link"), withDestinationPath: folder.path("file"))
        #expect(throws: (any Error).self) { _ = try RecordFile(path: folder.path("link")) }
    }
}

import Foundation
import TestSupport
import Testing

@testable import POSIX

@Suite struct FolderFilesTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func mode(_ path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return (attributes[.posixPermissions] as? Int) ?? -1
    }

    @Test func `a file is written whole, for its owner only, over an older one`() throws {
        try folder.write("older and longer", to: "file")
        try folder.write("left over", to: "file.new")
        try Folder.writeDurably(Array("new".utf8), to: "file", in: folder.path)
        #expect(folder.text("file") == "new")
        #expect(try mode(folder.path("file")) == 0o600)
        #expect(try Folder.names(folder.path) == ["file"])
    }

    @Test func `what others could use is put right and named once`() throws {
        let path = folder.path("file")
        try folder.write("x", to: "file")
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
        #expect(
            try Folder.protect(path, isFolder: false) == Folder.Repair(path: path, mode: 0o640))
        #expect(try mode(path) == 0o600)
        #expect(try Folder.protect(path, isFolder: false) == nil)
        #expect(try Folder.protect(folder.path("none"), isFolder: false) == nil)
    }

    @Test func `a symbolic link is refused`() throws {
        try folder.write("x", to: "file")
        try FileManager.default.createSymbolicLink(
            atPath: folder.path("link"), withDestinationPath: folder.path("file"))
        var fault: POSIX.POSIXError?
        do throws(POSIX.POSIXError) {
            _ = try Folder.protect(folder.path("link"), isFolder: false)
        } catch {
            fault = error
        }
        #expect(fault?.message == "it is a symbolic link")
    }

    @Test func `a file that moves says whether it was there`() throws {
        try folder.write("x", to: "a")
        #expect(try Folder.move(folder.path("a"), to: folder.path("b")))
        #expect(try !Folder.move(folder.path("a"), to: folder.path("c")))
        #expect(folder.text("b") == "x")
    }
}

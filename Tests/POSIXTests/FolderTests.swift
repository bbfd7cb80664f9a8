import Glibc
import TestSupport
import Testing

@testable import POSIX

@Suite struct FolderTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func mode(_ path: String) -> UInt32 {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
    }

    @Test func `a folder is made for its owner only and may be there already`() throws {
        let path = folder.path("data")
        try Folder.prepare(path)
        try Folder.prepare(path)
        #expect(mode(path) == 0o700)
        try folder.write("x", to: "file")
        let failed = #expect(throws: POSIXError.self) { try Folder.prepare(folder.path("file")) }
        #expect(failed?.message == "not a folder")
    }

    @Test func `a file is written whole, for its owner only, and read back`() throws {
        let path = folder.path("file")
        #expect(try Folder.read(path, bytesMax: 10) == nil)
        try Folder.write([1, 2, 3], to: path)
        try Folder.write([4, 5], to: path)
        #expect(try Folder.read(path, bytesMax: 10) == [4, 5])
        #expect(try Folder.read(path, bytesMax: 1) == [4])
        #expect(mode(path) == 0o600)
        #expect(Folder.fileBytes(path) == 2)
        try Folder.remove(path)
        try Folder.remove(path)
        #expect(Folder.fileBytes(path) == nil)
    }

    @Test func `a lock keeps a second holder out until it is given up`() throws {
        let path = folder.path("lock")
        do {
            let lock = try FolderLock(path: path)
            let second = #expect(throws: POSIXError.self) { _ = try FolderLock(path: path) }
            #expect(second?.isWouldBlock == true)
            _ = consume lock
        }
        _ = try FolderLock(path: path)
    }

    @Test func `bytes are appended behind what is there`() throws {
        let path = folder.path("log")
        try AppendOnlyFile(path: path).append([1])
        let file = try AppendOnlyFile(path: path)
        try file.append([2])
        try file.append([3])
        #expect(try Folder.read(path, bytesMax: 10) == [1, 2, 3])
    }

    @Test func `the free space of a folder is known and of none unknown`() {
        #expect((Folder.freeBytes(folder.path) ?? 0) > 0)
        #expect(Folder.freeBytes(folder.path("absent")) == nil)
    }

    @Test(
        arguments: [
            ("10.1.2.3", [10, 1, 2, 3]), ("::1", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
            ("10.1.2", nil), ("localhost", nil), ("", nil),
        ] as [(String, [UInt8]?)])
    func `a numeric address has its bytes`(text: String, bytes: [UInt8]?) {
        #expect(NetworkAddress.bytes(of: text) == bytes)
    }
}

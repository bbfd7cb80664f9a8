import Glibc

/// Reads small files of the proc file system without allocating.
enum ProcessFile {
    /// Fields of a `stat` file (proc(5)) by their number there, from 3 on.
    enum StatField: Int {
        case userTicks = 14
        case systemTicks = 15
        case threads = 20
        case startTicks = 22
        case virtualBytes = 23
        case residentPages = 24
    }

    /// One field of a `stat` file, `nil` if it cannot be read.
    static func field(_ field: StatField, of path: String) -> Double? {
        withContents(of: path) { bytes in
            // The second field is the command's name in parentheses, and may hold any byte.
            guard let end = bytes.lastIndex(of: UInt8(ascii: ")")) else { return nil }
            var number = 2
            var value: UInt64 = 0
            for byte in bytes[(end + 1)...] {
                if byte == UInt8(ascii: " ") {
                    if number == field.rawValue { return Double(value) }
                    number += 1
                    value = 0
                } else if number == field.rawValue {
                    guard byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") else { return nil }
                    value = value &* 10 &+ UInt64(byte - UInt8(ascii: "0"))
                }
            }
            return nil
        }
    }

    /// Number of open descriptors, from a process's `fd` folder.
    static func openDescriptors(in path: String) -> Double? {
        var status = stat()
        // Linux says the number as the size from 6.2 on (proc(5)); before that, 0. `withCString`
        // because a String that is passed as a pointer is copied.
        guard path.withCString({ stat($0, &status) }) == 0 else { return nil }
        return status.st_size > 0 ? Double(status.st_size) : entries(of: path)
    }

    /// Number of entries of a folder besides `.`, `..` and one for the descriptor of the listing.
    static func entries(of path: String) -> Double? {
        guard let listing = path.withCString({ opendir($0) }) else { return nil }
        defer { closedir(listing) }
        var count = -3
        errno = 0
        while readdir(listing) != nil { count += 1 }
        return errno == 0 && count >= 0 ? Double(count) : nil
    }

    private static func withContents(
        of path: String, _ body: (UnsafeRawBufferPointer) -> Double?
    ) -> Double? {
        // The first 24 fields of a `stat` file are at most 23 numbers of 20 digits and a name of
        // 64 bytes. Up to 1,024 bytes are taken from the stack.
        withUnsafeTemporaryAllocation(byteCount: 1024, alignment: 1) { buffer in
            let descriptor = path.withCString { open($0, O_RDONLY | O_CLOEXEC) }
            guard descriptor >= 0 else { return nil }
            defer { close(descriptor) }
            var length = 0
            while length < buffer.count {
                let count = read(
                    descriptor, buffer.baseAddress?.advanced(by: length), buffer.count - length)
                if count < 0 && errno == EINTR { continue }
                guard count >= 0 else { return nil }
                if count == 0 { break }
                length += count
            }
            return body(UnsafeRawBufferPointer(rebasing: buffer[..<length]))
        }
    }
}

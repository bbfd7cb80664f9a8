import Glibc

/// The process that listens on a TCP port of this machine, as far as proc(5) lets this user see.
public enum PortOwner {
    /// The state of a listening socket in /proc/net/tcp.
    private static let listening = "0A"

    /// Its name and number; nil when nobody listens, or it is another user's.
    public static func find(port: UInt16) -> (name: String, processID: Int32)? {
        let sockets = inodes(port: port)
        guard !sockets.isEmpty else { return nil }
        for entry in names(in: "/proc") {
            guard let processID = Int32(entry) else { continue }
            let folder = "/proc/\(entry)/fd"
            let holds = names(in: folder).contains { descriptor in
                target(of: "\(folder)/\(descriptor)").map(sockets.contains) == true
            }
            if holds { return (name(of: processID), processID) }
        }
        return nil
    }

    /// What links of descriptors say for the sockets that listen on a port.
    private static func inodes(port: UInt16) -> Set<String> {
        var found: Set<String> = []
        let ending = ":" + hexadecimal(port)
        for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
            for line in text(of: table).split(separator: "\n").dropFirst() {
                let words = line.split(separator: " ")
                guard words.count > 9, words[1].hasSuffix(ending), words[3] == listening else {
                    continue
                }
                found.insert("socket:[\(words[9])]")
            }
        }
        return found
    }

    private static func hexadecimal(_ port: UInt16) -> String {
        let digits = String(port, radix: 16, uppercase: true)
        return String(repeating: "0", count: 4 - digits.count) + digits
    }

    private static func name(of processID: Int32) -> String {
        let name = text(of: "/proc/\(processID)/comm").prefix { $0 != "\n" }
        return name.isEmpty ? "a program" : String(name)
    }

    private static func names(in folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            names.append(name)
        }
        return names
    }

    private static func target(of link: String) -> String? {
        var bytes = [CChar](repeating: 0, count: 64)
        let count = readlink(link, &bytes, bytes.count - 1)
        return count > 0
            ? String(decoding: bytes[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
    }

    /// A file of proc(5), which does not say its size.
    private static func text(of path: String) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(file, &part, part.count)
            guard count > 0 else { break }
            bytes += part[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

import CMicroHTTPD
import Glibc

/// What the kernel is to drop before it reaches a TCP socket of ours.
///
/// Whatever is dropped counts as lost on the way: its sender sends it again, a SYN after one
/// second, data after 200 ms or more. So nothing is reset, and nobody is told a thing.
/// A filter sees a packet from its TCP header on (`tcp_filter` in net/ipv4/tcp_ipv4.c); each of its
/// steps is one `sock_filter` of linux/filter.h.
enum SocketFilter {
    /// Requests for a new connection; what a handshake under way still needs comes through.
    case newConnections
    /// Packets with data; what acknowledges and what closes comes through.
    case data
    /// Every packet.
    case everything

    /// Filters a socket, in place of any filter before. False when the kernel has no such filter.
    @discardableResult
    func attach(to descriptor: Int32) -> Bool {
        var steps = steps
        return steps.withUnsafeMutableBufferPointer { buffer in
            var program = sock_fprog(len: UInt16(buffer.count), filter: buffer.baseAddress)
            let size = socklen_t(MemoryLayout<sock_fprog>.size)
            return setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program, size) == 0
        }
    }

    /// Takes a filter away; from here on every packet comes through.
    static func remove(from descriptor: Int32) {
        var unused: Int32 = 0
        let size = socklen_t(MemoryLayout<Int32>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_DETACH_FILTER, &unused, size)
    }

    private var steps: [sock_filter] {
        switch self {
        case .newConnections:
            [
                // The flags are byte 13 of the header (RFC 9293, section 3.1): SYN without ACK.
                Self.step(BPF_LD | BPF_B | BPF_ABS, 13),
                Self.step(BPF_ALU | BPF_AND | BPF_K, 0x12),
                Self.step(BPF_JMP | BPF_JEQ | BPF_K, 0x02, ifFalse: 1),
                Self.drop, Self.pass,
            ]
        case .data:
            [
                // The header's length is in the upper half of byte 12, in words of four bytes.
                Self.step(BPF_LD | BPF_B | BPF_ABS, 12),
                Self.step(BPF_ALU | BPF_AND | BPF_K, 0xf0),
                Self.step(BPF_ALU | BPF_RSH | BPF_K, 2),
                Self.step(BPF_MISC | BPF_TAX, 0),
                Self.step(BPF_LD | BPF_W | BPF_LEN, 0),
                Self.step(BPF_ALU | BPF_SUB | BPF_X, 0),
                Self.step(BPF_JMP | BPF_JEQ | BPF_K, 0, ifTrue: 1),
                Self.drop, Self.pass,
            ]
        case .everything: [Self.drop]
        }
    }

    private static var drop: sock_filter { step(BPF_RET | BPF_K, 0) }
    private static var pass: sock_filter { step(BPF_RET | BPF_K, .max) }

    private static func step(
        _ code: Int32, _ operand: UInt32, ifTrue: UInt8 = 0, ifFalse: UInt8 = 0
    ) -> sock_filter {
        sock_filter(code: UInt16(code), jt: ifTrue, jf: ifFalse, k: operand)
    }
}

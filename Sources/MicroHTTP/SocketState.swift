import Glibc

/// What the kernel knows of a TCP socket (TCP_INFO).
///
/// The structure is linux/tcp.h's, which newer kernels make longer at its end; glibc's header
/// lacks the later fields, so that they are read by their offsets, which are fixed.
struct SocketState {
    /// Bytes of data that came on a connection since it was made.
    let bytesReceived: UInt64
    /// Segments with data that were sent; 0 where the kernel does not count them (before 4.6).
    let segmentsSent: UInt32
    /// How long no data came, in nanoseconds, or since the connection was made without any. It is
    /// counted in ticks of the kernel, of ten milliseconds at most.
    let silentNanoseconds: UInt64
    /// Connections that wait in a listening socket until they are accepted.
    let waiting: UInt32

    /// Reads it; nil when the socket is not TCP, or the kernel does not count bytes (before 4.1).
    init?(_ descriptor: Int32) {
        var length = socklen_t(Self.length)
        let read = withUnsafeTemporaryAllocation(byteCount: Self.length, alignment: 8) {
            buffer -> (UInt64, UInt32, UInt32, UInt32)? in
            guard
                getsockopt(
                    descriptor, Int32(IPPROTO_TCP), TCP_INFO, buffer.baseAddress, &length) == 0,
                length >= Self.bytesReceivedOffset + 8
            else { return nil }
            return (
                buffer.load(fromByteOffset: Self.bytesReceivedOffset, as: UInt64.self),
                buffer.load(fromByteOffset: Self.lastDataReceivedOffset, as: UInt32.self),
                buffer.load(fromByteOffset: Self.unacknowledgedOffset, as: UInt32.self),
                length < Self.length
                    ? 0 : buffer.load(fromByteOffset: Self.segmentsSentOffset, as: UInt32.self)
            )
        }
        guard let read else { return nil }
        bytesReceived = read.0
        silentNanoseconds = UInt64(read.1) * 1_000_000
        waiting = read.2
        segmentsSent = read.3
    }

    private static let length = 160
    /// `tcpi_unacked`; of a listening socket it is the length of its accept queue.
    private static let unacknowledgedOffset = 24
    /// `tcpi_last_data_recv`, in milliseconds.
    private static let lastDataReceivedOffset = 52
    /// `tcpi_bytes_received`.
    private static let bytesReceivedOffset = 128
    /// `tcpi_data_segs_out`.
    private static let segmentsSentOffset = 156
}

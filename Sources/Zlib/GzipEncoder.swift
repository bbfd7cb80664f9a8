import CZlib
import Synchronization

/// Compresses whole messages in the gzip format (RFC 1952), one after another with the same
/// memory, 256 KiB (zlib.h, "memory requirements"); after the first it allocates nothing.
public final class GzipEncoder: Sendable {
    private let stream: Mutex<DeflateStream>

    /// An encoder of a level from 1 (fastest) to 9 (smallest); throws when memory is short.
    public init(level: Int32) throws(ZlibError) {
        stream = Mutex(try DeflateStream(level: level))
    }

    /// Replaces `output` by the compressed `input`. Any thread, one at a time.
    public func encode(_ input: [UInt8], into output: inout [UInt8]) throws(ZlibError) {
        let code = stream.withLock { $0.encode(input, into: &output) }
        guard code == Z_STREAM_END else { throw ZlibError(operation: "deflate", code: code) }
    }
}

/// A stream of zlib; its state points back to it, so that it must not move in memory.
private struct DeflateStream: ~Copyable {
    private let stream: UnsafeMutablePointer<z_stream>

    init(level: Int32) throws(ZlibError) {
        let allocated = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        // Zeroed: zlib allocates with malloc then.
        allocated.initialize(to: z_stream())
        let code = hookline_zlib_init_gzip(allocated, level)
        guard code == Z_OK else {
            // Not stored before, so that `deinit` does not run.
            allocated.deallocate()
            throw ZlibError(operation: "init", code: code)
        }
        stream = allocated
    }

    deinit {
        // Z_DATA_ERROR says that a message was not finished, which is no fault here.
        deflateEnd(stream)
        stream.deallocate()
    }

    /// Returns `Z_STREAM_END`, or why not.
    mutating func encode(_ input: [UInt8], into output: inout [UInt8]) -> Int32 {
        output.removeAll(keepingCapacity: true)
        let code = deflateReset(stream)
        guard code == Z_OK else { return code }
        // With room for the worst case one call does it all (zlib.h, deflateBound).
        let room = Int(deflateBound(stream, UInt(input.count)))
        output.append(contentsOf: repeatElement(0, count: room))
        let result = input.withUnsafeBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                stream.pointee.avail_in = UInt32(input.count)
                stream.pointee.next_out = output.baseAddress
                stream.pointee.avail_out = UInt32(output.count)
                return deflate(stream, Z_FINISH)
            }
        }
        output.removeLast(Int(stream.pointee.avail_out))
        stream.pointee.next_in = nil
        stream.pointee.next_out = nil
        return result
    }
}

import CDeflate
import Synchronization

/// Compresses whole messages in the gzip format (RFC 1952), one after another with the same
/// memory, which is some hundred KiB at level 1; after the first it allocates nothing but room in
/// the output.
public final class GzipEncoder: Sendable {
    private let compressor: Mutex<Compressor>

    /// An encoder of a level from 0 (not compressed) over 1 (fastest) to 12 (smallest); throws when
    /// there is no such level or memory is short.
    public init(level: Int32) throws(DeflateError) {
        compressor = Mutex(try Compressor(level: level))
    }

    /// Replaces `output` by the compressed `input`. Any thread, one at a time.
    public func encode(_ input: [UInt8], into output: inout [UInt8]) throws(DeflateError) {
        let isDone = compressor.withLock { $0.encode(input, into: &output) }
        guard isDone else { throw DeflateError(operation: "compress") }
    }
}

/// A compressor of libdeflate.
private struct Compressor: ~Copyable {
    private let compressor: OpaquePointer

    init(level: Int32) throws(DeflateError) {
        guard let compressor = libdeflate_alloc_compressor(level) else {
            throw DeflateError(operation: "make a compressor of level \(level)")
        }
        self.compressor = compressor
    }

    deinit { libdeflate_free_compressor(compressor) }

    /// False when it did not fit, which cannot be with this much room.
    mutating func encode(_ input: [UInt8], into output: inout [UInt8]) -> Bool {
        // Room for the worst case (libdeflate.h, libdeflate_gzip_compress_bound).
        let room = libdeflate_gzip_compress_bound(compressor, input.count)
        output.removeAll(keepingCapacity: true)
        output.append(contentsOf: repeatElement(0, count: room))
        let count = input.withUnsafeBytes { input in
            output.withUnsafeMutableBytes { output in
                libdeflate_gzip_compress(
                    compressor, input.baseAddress, input.count, output.baseAddress, output.count)
            }
        }
        output.removeLast(output.count - count)
        return count > 0
    }
}

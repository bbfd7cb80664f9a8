import CMicroHTTPD
import Glibc

/// The head of one request, copied from libmicrohttpd and judged.
struct RequestHead {
    /// The fields; those of a head with a fault may not be what was sent.
    let fields: HTTPFields
    /// What is wrong with the head, or nil.
    let fault: FramingFault?

    /// Reads a head that is complete; `target` is raw, as it came in the request line.
    init(
        of connection: OpaquePointer, method: UnsafePointer<CChar>, target: [UInt8],
        version: UnsafePointer<CChar>
    ) {
        let methodBytes = UnsafeRawBufferPointer(start: method, count: strlen(method))
        let versionBytes = UnsafeRawBufferPointer(start: version, count: strlen(version))
        let headBytes = max(0, hookline_mhd_header_size(connection))
        var layout = HeadLayout(
            method: method, methodBytes: methodBytes.count, targetBytes: target.count,
            version: version, versionBytes: versionBytes.count, bytes: headBytes)
        fields = Self.fields(of: connection, bytesMax: headBytes, &layout)
        fault = FramingGuard.fault(
            method: methodBytes, target: target, version: versionBytes, fields: fields,
            isExact: layout.isExact)
    }

    /// Where the fields of a head go while libmicrohttpd names them.
    private struct Reader {
        let writer: UnsafeMutablePointer<HTTPFields.Writer>
        var layout: HeadLayout
    }

    /// The fields, `bytesMax` bytes at most. Names and values are parts of the head: one that
    /// there is no room for ends them, and the layout is not exact then.
    private static func fields(
        of connection: OpaquePointer, bytesMax: Int, _ layout: inout HeadLayout
    ) -> HTTPFields {
        HTTPFields(bytesMax: bytesMax) { writer in
            withUnsafeMutablePointer(to: &writer) { writer in
                var reader = Reader(writer: writer, layout: layout)
                _ = MHD_get_connection_values_n(
                    connection, .HEADER_KIND,
                    { context, _, key, keyBytes, value, valueBytes in
                        guard let context, let key, let value else { return .NO }
                        let reader = context.assumingMemoryBound(to: Reader.self)
                        reader.pointee.layout.add(
                            name: key, nameBytes: keyBytes, value: value, valueBytes: valueBytes)
                        let isWritten = reader.pointee.writer.pointee.append(
                            name: UnsafeRawBufferPointer(start: key, count: keyBytes),
                            value: UnsafeRawBufferPointer(start: value, count: valueBytes))
                        return isWritten ? .YES : .NO
                    }, &reader)
                layout = reader.layout
            }
        }
    }
}

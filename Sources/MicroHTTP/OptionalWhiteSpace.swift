import CMicroHTTPD
import Glibc

/// The white space that may stand around a field's value and is no part of it: spaces and tabs
/// (`OWS`, RFC 9110, section 5.6.3).
enum OptionalWhiteSpace {
    /// True for a space and a tab.
    static func contains(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    /// Moves the white space behind a value in front of it, as spaces, and returns how many bytes
    /// that is.
    static func moveToFront(_ value: UnsafeMutableRawBufferPointer) -> Int {
        let trailing = value.reversed().prefix(while: contains).count
        guard trailing > 0, let start = value.baseAddress else { return 0 }
        memmove(start + trailing, start, value.count - trailing)
        memset(start, 0x20, trailing)
        return trailing
    }
}

// The name is libmicrohttpd's.
// swift-format-ignore: AlwaysUseLowerCamelCase
/// Takes the place of libmicrohttpd's function, which libmicrohttpd calls with each header line.
///
/// libmicrohttpd 0.9.75 skips the white space before a value and keeps what is behind it. So it
/// refuses `Content-Length: 3 ` and does not know `Transfer-Encoding: chunked `, before any of
/// its callbacks sees a header. It makes this call through the dynamic linker, which finds a
/// program's function before a library's. Where it is linked otherwise, this is not called, and
/// `HeadLayout` refuses white space behind a value.
///
/// Called on the loop's thread, inside `MHD_run`. A header's value lies in the connection's own
/// buffer, which libmicrohttpd itself writes into, with a NUL behind it. The library's
/// `MHD_set_connection_value` measures both texts again and adds them. The target's arguments,
/// cookies and trailers come here too; they are not added, because nobody asks for them.
@c @implementation
public func MHD_set_connection_value_n(
    _ connection: OpaquePointer?, _ kind: MHD_ValueKind, _ key: UnsafePointer<CChar>?,
    _ keyBytes: Int, _ value: UnsafePointer<CChar>?, _ valueBytes: Int
) -> MHD_Result {
    guard kind == .HEADER_KIND, let value else { return .YES }
    var moved = 0
    if valueBytes > 0, OptionalWhiteSpace.contains(UInt8(bitPattern: value[valueBytes - 1])) {
        moved = OptionalWhiteSpace.moveToFront(
            UnsafeMutableRawBufferPointer(
                start: UnsafeMutablePointer(mutating: value), count: valueBytes))
    }
    return MHD_set_connection_value(connection, kind, key, value + moved)
}

@testable import MicroHTTP

/// Reads any bytes as what a connection received, whole and in pieces.
///
/// However they are cut, the same requests are in them, up to the same place. What was read of a
/// request can be written down again, and is read as the same.
public struct FramingInput: Sendable {
    /// Which part the bytes are.
    public enum Part: String, Sendable, CaseIterable {
        /// All that comes.
        case head
        /// What comes behind the head of a chunked request.
        case chunks
    }

    private let part: Part
    private let options = EventLoopOptions(number: 0, headerBytesMax: 1024, bodyBytesMax: 512)
    /// With room for what is written down again.
    private let roomy = EventLoopOptions(number: 0, headerBytesMax: 8192, bodyBytesMax: 512)

    /// Examines one part.
    public init(_ part: Part) { self.part = part }

    /// What does not hold, nil when all does.
    public func examine(_ bytes: [UInt8]) -> String? {
        let start =
            part == .head ? "" : "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        let bytes = Array(start.utf8) + bytes
        let whole = requests(in: bytes, pieces: bytes.count, options: options)
        for pieces in [1, 2, 3, 7, 16, 255]
        where whole != requests(in: bytes, pieces: pieces, options: options) {
            return "in pieces of \(pieces) bytes there are other requests"
        }
        for request in whole.requests {
            let again = requests(
                in: request.written, pieces: request.written.count, options: roomy)
            guard again.requests == [request], !again.isRefused else {
                return "what was read is not read again"
            }
        }
        return nil
    }

    private struct Request: Equatable {
        var head: [UInt8]
        var body: [UInt8]
        var isHTTP11: Bool

        /// With its length in place of what said how it was framed.
        var written: [UInt8] {
            head + Array("Content-Length: \(body.count)\r\n\r\n".utf8) + body
        }
    }

    private struct Reading: Equatable {
        var requests: [Request] = []
        var isRefused = false
    }

    private func requests(
        in bytes: [UInt8], pieces: Int, options: EventLoopOptions
    ) -> Reading {
        var reading = Reading()
        var reader = RequestReader()
        var unread: [UInt8] = []
        var head: [UInt8] = []
        var isHTTP11 = true
        for start in stride(from: 0, to: bytes.count, by: max(1, pieces)) {
            unread += bytes[start..<min(bytes.count, start + max(1, pieces))]
            while true {
                var read = 0
                var event = RequestReader.Event.more
                do {
                    event = try unread.withUnsafeBytes { bytes in
                        let event = try reader.advance(bytes, read: &read, options: options)
                        guard event == .head else { return event }
                        if let length = reader.head.length, length > options.bodyBytesMax {
                            throw RequestFault(.bodyTooLarge, status: 413)
                        }
                        isHTTP11 = reader.head.isHTTP11
                        head = Self.written(reader.head, bytes)
                        return event
                    }
                } catch {
                    reading.isRefused = true
                    return reading
                }
                unread.removeFirst(read)
                if event == .more { break }
                guard event == .complete else { continue }
                reading.requests.append(
                    Request(head: head, body: reader.takeBody(), isHTTP11: isHTTP11))
            }
        }
        return reading
    }

    private static func written(_ head: HeadReader, _ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        let method =
            switch head.method {
            case .get: "GET"
            case .head: "HEAD"
            case .post: "POST"
            case .other: "OPTIONS"
            }
        var written = Array("\(method) ".utf8) + head.target(in: bytes)
        written += Array(" HTTP/1.\(head.isHTTP11 ? 1 : 0)\r\n".utf8)
        let fields = head.fields(in: bytes)
        for index in 0..<fields.count {
            let name = String(decoding: fields.name(at: index), as: UTF8.self).lowercased()
            if name == "content-length" || name == "transfer-encoding" { continue }
            written += fields.name(at: index) + Array(": ".utf8) + fields.value(at: index)
            written += Array("\r\n".utf8)
        }
        return written
    }
}

/// Reads a chunked body as it was received (RFC 9112, section 7.1), byte by byte but for the data.
///
/// A size is hexadecimal digits and no more; a line ends in CRLF, and so do the data; extensions
/// and trailers are read to their end and left out. Confined to its loop's thread.
struct ChunkReader {
    private enum Place {
        /// In the digits of a size.
        case size
        /// Behind white space that an extension may follow, or its parts.
        case beforeExtension, beforeName, name, afterName, beforeValue, value, quoted, escaped
        /// Behind the value of an extension.
        case afterValue
        /// A CR was read: at the end of a size, of the data.
        case sizeEnd, dataEnd
        case data, dataReturn
        /// In a line of the trailer section.
        case trailer
    }

    private var place = Place.size
    private var digits = 0
    private var remaining = 0
    /// Bytes of extensions so far, of the whole body.
    private var extensionBytes = 0
    /// The trailer section so far.
    private var trailerBytes = 0
    private var trailer: [UInt8] = []

    /// Extensions of a body together may have so many bytes.
    private static let extensionBytesMax = 16 * 1024

    /// Reads on and adds the data to `body`; returns how many bytes were read, and whether the body
    /// is complete with them. `trailerBytesMax` is what the trailer section may have.
    mutating func advance(
        _ bytes: UnsafeRawBufferPointer, into body: inout [UInt8], bodyBytesMax: Int,
        trailerBytesMax: Int
    ) throws(RequestFault) -> (read: Int, isComplete: Bool) {
        var index = 0
        while index < bytes.count {
            if place == .data {
                let count = min(remaining, bytes.count - index)
                body.append(
                    contentsOf: UnsafeRawBufferPointer(rebasing: bytes[index..<index + count]))
                index += count
                remaining -= count
                if remaining == 0 { place = .dataReturn }
                continue
            }
            let byte = bytes[index]
            index += 1
            if place == .trailer {
                trailerBytes += 1
                guard trailerBytes <= trailerBytesMax else {
                    throw RequestFault(.headTooLarge, status: 431)
                }
                if try isEnd(byte) { return (index, true) }
            } else {
                try step(byte, room: bodyBytesMax - body.count)
            }
        }
        return (index, false)
    }

    private mutating func step(_ byte: UInt8, room: Int) throws(RequestFault) {
        switch place {
        case .size:
            if let digit = HTTPBytes.hexadecimal(byte) {
                // More than sixteen digits do not fit, and zeros before them say nothing.
                guard digits < 16, remaining <= Int.max >> 4 else { throw RequestFault(.chunk) }
                digits += 1
                remaining = remaining << 4 | digit
                return
            }
            guard digits > 0 else { throw RequestFault(.chunk) }
            try afterSize(byte)
        case .sizeEnd:
            guard byte == HTTPBytes.feed else { throw RequestFault(.chunk) }
            guard remaining <= room else { throw RequestFault(.bodyTooLarge, status: 413) }
            place = remaining == 0 ? .trailer : .data
            digits = 0
        case .dataReturn:
            guard byte == HTTPBytes.carriageReturn else { throw RequestFault(.chunk) }
            place = .dataEnd
        case .dataEnd:
            guard byte == HTTPBytes.feed else { throw RequestFault(.chunk) }
            place = .size
        case .data, .trailer: break
        case .beforeExtension, .beforeName, .name, .afterName, .beforeValue, .value, .quoted,
            .escaped, .afterValue:
            try stepExtension(byte)
        }
    }

    private mutating func afterSize(_ byte: UInt8) throws(RequestFault) {
        switch byte {
        case HTTPBytes.carriageReturn: place = .sizeEnd
        case UInt8(ascii: ";"): place = .beforeName
        case _ where HTTPBytes.isWhiteSpace(byte): place = .beforeExtension
        default: throw RequestFault(.chunk)
        }
    }

    /// `chunk-ext = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )`, a value being a
    /// token or quoted (RFC 9112, section 7.1.1).
    private mutating func stepExtension(_ byte: UInt8) throws(RequestFault) {
        extensionBytes += 1
        guard extensionBytes <= Self.extensionBytesMax else { throw RequestFault(.chunk) }
        let isWhiteSpace = HTTPBytes.isWhiteSpace(byte)
        switch (place, byte) {
        case (.beforeExtension, _) where isWhiteSpace, (.beforeName, _) where isWhiteSpace,
            (.afterName, _) where isWhiteSpace, (.beforeValue, _) where isWhiteSpace:
            break
        case (.beforeExtension, UInt8(ascii: ";")): place = .beforeName
        case (.beforeName, _) where HTTPBytes.isToken(byte): place = .name
        case (.name, _) where HTTPBytes.isToken(byte), (.value, _) where HTTPBytes.isToken(byte):
            break
        case (.name, UInt8(ascii: "=")), (.afterName, UInt8(ascii: "=")): place = .beforeValue
        case (.name, _) where isWhiteSpace: place = .afterName
        case (.beforeValue, UInt8(ascii: "\"")): place = .quoted
        case (.beforeValue, _) where HTTPBytes.isToken(byte): place = .value
        case (.quoted, UInt8(ascii: "\"")): place = .afterValue
        case (.quoted, UInt8(ascii: "\\")): place = .escaped
        case (.quoted, _) where HTTPBytes.isText(byte): break
        case (.escaped, _) where HTTPBytes.isText(byte): place = .quoted
        case (.value, _) where isWhiteSpace, (.afterValue, _) where isWhiteSpace:
            place = .beforeExtension
        case (.name, UInt8(ascii: ";")), (.afterName, UInt8(ascii: ";")),
            (.value, UInt8(ascii: ";")), (.afterValue, UInt8(ascii: ";")):
            place = .beforeName
        case (.name, HTTPBytes.carriageReturn), (.value, HTTPBytes.carriageReturn),
            (.afterValue, HTTPBytes.carriageReturn):
            place = .sizeEnd
        default: throw RequestFault(.chunk)
        }
    }

    /// Adds a byte of the trailer section; true at its end.
    private mutating func isEnd(_ byte: UInt8) throws(RequestFault) -> Bool {
        guard byte == HTTPBytes.feed else {
            guard trailer.last != HTTPBytes.carriageReturn else { throw RequestFault(.trailer) }
            trailer.append(byte)
            return false
        }
        guard trailer.popLast() == HTTPBytes.carriageReturn else { throw RequestFault(.trailer) }
        if trailer.isEmpty { return true }
        let isAllowed = trailer.withUnsafeBytes { line in
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0 else {
                return false
            }
            let name = UnsafeRawBufferPointer(rebasing: line[..<colon])
            let value = UnsafeRawBufferPointer(rebasing: line[(colon + 1)...])
            return name.allSatisfy(HTTPBytes.isToken) && HTTPBytes.isText(value)
                && !Self.forbidden.contains { HTTPBytes.equals(name, $0) }
        }
        guard isAllowed else { throw RequestFault(.trailer) }
        trailer.removeAll(keepingCapacity: true)
        return false
    }

    /// What says how a message is framed, where it goes, what it is and who sent it may not come
    /// behind it (RFC 9110, section 6.5.1).
    private static let forbidden: [StaticString] = [
        "transfer-encoding", "content-length", "host", "trailer", "te", "connection", "expect",
        "upgrade", "content-encoding", "content-type", "content-range", "authorization", "cookie",
        "proxy-authorization", "cache-control", "max-forwards", "range", "keep-alive",
        "x-twilio-signature",
    ]
}

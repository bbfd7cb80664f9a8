import MicroHTTP

/// A whole request as it is stored: everything but the body in one buffer, so that it can be
/// verified again as if it had just come.
///
/// The buffer begins with a number for the method; each part follows behind its length in four
/// bytes, the most significant first: peer, target, then name and value of each field.
enum RequestRecord {
    /// The numbers; never renumber. Earlier versions know the first one only.
    private static let methods: [(number: UInt8, method: HTTPMethod)] = [
        (1, .post), (2, .get), (3, .head), (4, .other),
    ]

    /// What is stored beside the body.
    static func head(of request: HTTPRequest) -> [UInt8] {
        let fields = request.fields
        let number = methods.first { $0.method == request.method }?.number ?? 1
        var bytes: [UInt8] = [number]
        bytes.reserveCapacity(
            32 + request.target.count + fields.contentBytes + 8 * fields.count)
        append(request.peer[...], to: &bytes)
        append(request.target[...], to: &bytes)
        for index in 0..<fields.count {
            append(fields.name(at: index), to: &bytes)
            append(fields.value(at: index), to: &bytes)
        }
        return bytes
    }

    /// The request that was stored; nil when the head is damaged or of another format.
    static func request(head: [UInt8], body: [UInt8]) -> HTTPRequest? {
        guard let method = methods.first(where: { $0.number == head.first })?.method else {
            return nil
        }
        var position = 1
        var parts: [ArraySlice<UInt8>] = []
        while position < head.count {
            guard position + 4 <= head.count else { return nil }
            let count = head[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
            position += 4
            guard position + count <= head.count else { return nil }
            parts.append(head[position..<position + count])
            position += count
        }
        guard parts.count >= 2, parts.count % 2 == 0 else { return nil }
        var fields = HTTPFields()
        for index in stride(from: 2, to: parts.count, by: 2) {
            fields.append(name: parts[index], value: parts[index + 1])
        }
        return HTTPRequest(
            method: method, target: Array(parts[1]), fields: fields, body: body,
            peer: Array(parts[0]))
    }

    private static func append(_ part: ArraySlice<UInt8>, to bytes: inout [UInt8]) {
        let count = UInt32(part.count)
        for shift in [24, 16, 8, 0] as [UInt32] {
            bytes.append(UInt8(truncatingIfNeeded: count >> shift))
        }
        bytes.append(contentsOf: part)
    }
}

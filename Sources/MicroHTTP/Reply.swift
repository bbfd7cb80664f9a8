import CMicroHTTPD

/// Turns a response into libmicrohttpd's and queues it.
enum Reply {
    /// Queues `response`. `closing` adds `Connection: close`.
    static func queue(
        _ response: HTTPResponse, closing: Bool, on connection: OpaquePointer
    ) -> MHD_Result {
        guard let created = create(response.body) else { return .NO }
        defer { MHD_destroy_response(created) }
        for field in response.fields {
            guard add(field, to: created) == .YES else { return .NO }
        }
        if closing || response.closesConnection {
            guard MHD_add_response_header(created, "Connection", "close") == .YES else {
                return .NO
            }
        }
        return MHD_queue_response(connection, UInt32(response.status), created)
    }

    private static func create(_ body: HTTPResponse.Body) -> OpaquePointer? {
        switch body {
        case .bytes(let bytes):
            bytes.withUnsafeBytes { body in
                MHD_create_response_from_buffer(
                    body.count, UnsafeMutableRawPointer(mutating: body.baseAddress),
                    .RESPMEM_MUST_COPY)
            }
        case .fixed(let text):
            // A StaticString lives as long as the process, and libmicrohttpd does not write.
            MHD_create_response_from_buffer(
                text.utf8CodeUnitCount, UnsafeMutableRawPointer(mutating: text.utf8Start),
                .RESPMEM_PERSISTENT)
        }
    }

    /// Adds one field, which is copied.
    private static func add(_ field: HTTPField, to response: OpaquePointer) -> MHD_Result {
        switch field.value {
        case .fixed(let text): add(field.name, text.utf8Start, to: response)
        case .bytes(let bytes):
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: bytes.count + 1) { text in
                _ = text.update(fromContentsOf: bytes)
                text[bytes.count] = 0
                return add(field.name, UnsafePointer(text.baseAddress), to: response)
            }
        }
    }

    /// A StaticString is null-terminated (its documentation says so).
    private static func add(
        _ name: StaticString, _ value: UnsafePointer<UInt8>?, to response: OpaquePointer
    ) -> MHD_Result {
        MHD_add_response_header(
            response, UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self),
            value.map { UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self) })
    }
}

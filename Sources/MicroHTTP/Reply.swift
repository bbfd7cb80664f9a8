import CMicroHTTPD

/// Turns a response into libmicrohttpd's and queues it.
enum Reply {
    /// Queues `response`; the body is copied. `closing` adds `Connection: close`.
    static func queue(
        _ response: HTTPResponse, closing: Bool, on connection: OpaquePointer
    ) -> MHD_Result {
        let created = response.body.withUnsafeBytes { body in
            MHD_create_response_from_buffer(
                body.count, UnsafeMutableRawPointer(mutating: body.baseAddress),
                .RESPMEM_MUST_COPY)
        }
        guard let created else { return .NO }
        defer { MHD_destroy_response(created) }
        for field in response.fields {
            let added = field.name.withUTF8Buffer { name in
                name.withMemoryRebound(to: CChar.self) { name in
                    // A StaticString is null-terminated (its documentation says so).
                    MHD_add_response_header(created, name.baseAddress, field.value)
                }
            }
            guard added == .YES else { return .NO }
        }
        if closing || response.closesConnection {
            guard MHD_add_response_header(created, "Connection", "close") == .YES else {
                return .NO
            }
        }
        return MHD_queue_response(connection, UInt32(response.status), created)
    }
}

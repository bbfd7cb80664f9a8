import Foundation
import MicroHTTP

/// A request byte for byte, as Base64: what came with the body as `RequestRecord` stores it, and
/// the body. Nothing of it is masked.
public struct AdminCapture: Sendable, Codable, Equatable {
    private let head: Data
    private let body: Data

    init(_ request: HTTPRequest) {
        head = Data(RequestRecord.head(of: request))
        body = Data(request.body)
    }

    /// The request, with the address of its peer; nil when another version wrote it.
    public var captured: CapturedRequest? {
        RequestRecord.request(head: Array(head), body: Array(body)).map { CapturedRequest($0) }
    }
}

extension AdminClient {
    /// A request from quarantine as it came, for `hookline verify`.
    public func capture(quarantined id: Int64) throws(AdminError) -> CapturedRequest {
        var found: CapturedRequest?
        _ = try ask(.capture(id: id)) { if case .captured(let line) = $0 { found = line.captured } }
        guard let found else {
            throw .refused(AdminFault(.store, "the stored head of request \(id) is damaged"))
        }
        return found
    }
}

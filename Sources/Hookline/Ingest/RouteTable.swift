import MicroHTTP
import POSIX

/// Which path is which route. A path is compared byte by byte; what carries a signature may also
/// differ in slashes and in capitals, because Twilio was told to call it.
struct RouteTable: Sendable {
    private let entries: [(path: [UInt8], label: RouteLabel)]

    init(_ routes: [Route]) {
        entries = routes.map { (Array($0.path.utf8), $0.label) }
    }

    /// Where a request belongs.
    struct Place: Sendable {
        /// `other` without a route.
        var label: RouteLabel
        /// Why it is not taken, even if it is genuine; nil when it may be.
        var rejection: Rejection?
    }

    /// The route of a path, nil when there is none.
    func label(of path: ArraySlice<UInt8>) -> RouteLabel? {
        entries.first { $0.path.elementsEqual(path) }?.label
    }

    /// Where a request belongs: POST is taken, and GET with a signature.
    func place(of request: HTTPRequest) -> Place {
        let path = request.path
        if let label = label(of: path) {
            if request.method == .post { return Place(label: label) }
            let isTaken = request.method == .get && request.isSigned
            return Place(label: label, rejection: isTaken ? nil : .methodNotAllowed)
        }
        guard request.isSigned, let label = likelyLabel(of: path) else {
            return Place(label: .other, rejection: .notFound)
        }
        let isTaken = request.method == .post || request.method == .get
        return Place(label: label, rejection: isTaken ? nil : .methodNotAllowed)
    }

    /// The route of a path with a slash too many, or with capitals; nil when there is none.
    private func likelyLabel(of path: ArraySlice<UInt8>) -> RouteLabel? {
        let slash = UInt8(ascii: "/")
        let plain = { (path: ArraySlice<UInt8>) in
            path.split(separator: slash).map { $0.map(ASCII.lowercased) }
        }
        let segments = plain(path)
        return entries.first { plain($0.path[...]) == segments }?.label
    }
}

extension HTTPRequest {
    /// True when it carries an `X-Twilio-Signature`, be it right or not.
    var isSigned: Bool { fields.count(of: "x-twilio-signature") > 0 }
}

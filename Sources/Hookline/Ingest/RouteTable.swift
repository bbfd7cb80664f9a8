/// Which path is which route; exact bytes, no decoding, no trailing slash added or dropped.
struct RouteTable: Sendable {
    private let entries: [(path: [UInt8], label: RouteLabel)]

    init(_ routes: [Route]) {
        entries = routes.map { (Array($0.path.utf8), $0.label) }
    }

    /// The route of a path, nil when there is none.
    func label(of path: ArraySlice<UInt8>) -> RouteLabel? {
        entries.first { $0.path.elementsEqual(path) }?.label
    }
}

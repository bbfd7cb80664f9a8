/// The paths of the ops listener.
enum OpsPath: String, CaseIterable, Sendable {
    case metrics = "/metrics"
    case health = "/healthz"
    case ready = "/readyz"
    case status = "/"
    case statusDocument = "/status.json"

    init?(_ path: ArraySlice<UInt8>) {
        guard let known = Self.allCases.first(where: { path.elementsEqual($0.rawValue.utf8) })
        else { return nil }
        self = known
    }
}

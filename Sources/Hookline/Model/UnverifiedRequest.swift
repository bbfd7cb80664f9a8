import MicroHTTP

/// A request that is stored before anybody could tell whether it is genuine.
struct UnverifiedRequest: Sendable {
    /// The request as it came.
    let request: HTTPRequest
    /// What is counted as one source; see `ClientAddress.network(of:)`.
    let network: [UInt8]
    /// True when the token source has known its account before: it is no stranger.
    let isKnownAccount: Bool
}

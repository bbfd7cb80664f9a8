/// Bounds and trust of a `TransferEngine`.
public struct TransferEngineOptions: Sendable {
    /// How many transfers run at once, and so how many connections there are, idle ones included.
    public var connectionsMax: Int
    /// How long an idle connection is thought to be usable, in seconds (`CURLOPT_MAXAGE_CONN`).
    public var idleSecondsMax = 30
    /// How long a connection is used at all, in seconds, so that a moved host is noticed.
    public var connectionAgeSecondsMax = 300
    /// How long an address is remembered, in seconds.
    public var addressSecondsMax = 60
    /// The path of a PEM file of certificate authorities; nil trusts the system's.
    public var certificateAuthorityFile: String?
    /// The path of a PEM file with the certificate that proves this side; nil for none.
    public var clientCertificateFile: String?
    /// The path of a PEM file with its key; nil when that is in the same file.
    public var clientKeyFile: String?
    /// Addresses of the local link may be connected to: 169.254.0.0/16 and fe80::/10, where
    /// clouds serve a machine's metadata.
    public var allowsLinkLocal = true

    /// The usual bounds for a number of transfers, at least one.
    public init(connectionsMax: Int) {
        self.connectionsMax = max(1, connectionsMax)
    }
}

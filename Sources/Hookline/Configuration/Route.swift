import Prometheus

/// A path that takes webhooks.
public struct Route: Sendable, Equatable {
    /// The path, compared byte by byte.
    public var path: String
    /// What it is called in metrics.
    public var label: RouteLabel

    /// The routes that are always there.
    static let builtIn = [
        Route(path: "/webhook/whatsapp", label: .whatsapp),
        Route(path: "/webhook/whatsapp-optimized", label: .whatsappOptimized),
        Route(path: "/webhook/sms", label: .sms),
        Route(path: "/webhook/status", label: .status),
    ]
}

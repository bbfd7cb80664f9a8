import Prometheus

/// What a route is called in metrics; a fixed set, because no text from outside becomes a label.
public enum RouteLabel: String, CaseIterable, Sendable {
    case whatsapp, sms, status
    case whatsappOptimized = "whatsapp_optimized"
    /// Routes of the configuration file.
    case custom
    /// Requests that are on no route.
    case other
}

extension RouteLabel: LabelValue {}

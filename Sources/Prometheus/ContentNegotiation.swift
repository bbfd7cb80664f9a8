/// Which format and coding a scraper gets, by its `Accept` and `Accept-Encoding`.
public struct ContentNegotiation: Sendable {
    /// The format to render.
    public let format: ExpositionFormat
    /// The value of `Content-Type`.
    public let contentType: String
    /// Whether to compress with gzip.
    public let isGzip: Bool
    /// The value of `Vary`, of every answer.
    public static let vary = "Accept, Accept-Encoding"

    /// The escaping schemes of Prometheus. Metric names here are lower-case words, which all of
    /// them leave as they are, so that any may be promised.
    private static let escapings = ["allow-utf-8", "underscores", "dots", "values"]

    /// Decides; each argument holds the values of all fields of that name.
    ///
    /// A format other than 0.0.4 is chosen only where it is named and nothing is weighted above
    /// it; the one that is named first wins a tie. Whatever else is asked for gets 0.0.4: a
    /// scraper that accepts nothing of ours can do more with that than with an error.
    public init(
        accept: [ArraySlice<UInt8>], acceptEncoding: [ArraySlice<UInt8>], offersProtobuf: Bool
    ) {
        var best: (format: ExpositionFormat, range: QualityList.Element)?
        for range in QualityList(accept).elements where range.quality > best?.range.quality ?? 0 {
            guard let format = Self.format(range, offersProtobuf: offersProtobuf) else { continue }
            best = (format, range)
        }
        format = best?.format ?? .text
        if let asked = best?.range.parameter("escaping") {
            let scheme = Self.escapings.contains(asked) ? asked : "underscores"
            contentType = format.contentType + "; escaping=\(scheme)"
        } else {
            contentType = format.contentType
        }
        isGzip = Self.wantsGzip(QualityList(acceptEncoding).elements)
    }

    private static func format(
        _ range: QualityList.Element, offersProtobuf: Bool
    ) -> ExpositionFormat? {
        let version = range.parameter("version")
        switch range.value {
        case "application/openmetrics-text":
            return version == nil || version == "1.0.0" ? .openMetrics : nil
        case "text/plain": return version == nil || version == "0.0.4" ? .text : nil
        case "*/*", "text/*": return .text
        case "application/vnd.google.protobuf":
            let isOurs =
                range.parameter("proto") == "io.prometheus.client.metricfamily"
                && range.parameter("encoding") == "delimited"
            return offersProtobuf && isOurs ? .protobuf : nil
        default: return nil
        }
    }

    private static func wantsGzip(_ codings: [QualityList.Element]) -> Bool {
        let gzip =
            codings.first { $0.value == "gzip" || $0.value == "x-gzip" }
            ?? codings.first { $0.value == "*" }
        guard let gzip, gzip.quality > 0 else { return false }
        let identity = codings.first { $0.value == "identity" }
        return gzip.quality >= identity?.quality ?? 0
    }
}

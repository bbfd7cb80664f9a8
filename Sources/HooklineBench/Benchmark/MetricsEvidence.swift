/// What a server's metrics say of a stretch of the run, or why they say nothing.
enum MetricsEvidence: Sendable {
    /// The difference over the stretch.
    case known(MetricsDifference)
    /// Why it is not known, as the rest of a sentence.
    case unknown(String)

    /// The difference of two looks at a server that has acknowledged so many webhooks meanwhile.
    ///
    /// Metrics of another server, or of one of several behind a balancer, have counted fewer.
    init(before: MetricsReader.Reading, after: MetricsReader.Reading, acknowledged: Int) {
        switch (before, after) {
        case (.unreadable(let reason), _), (_, .unreadable(let reason)):
            self = .unknown(reason)
        case (.page(let before), .page(let after)):
            let difference = MetricsDifference(before: before, after: after)
            guard let validations = difference.growth(MetricsDifference.Name.validations) else {
                self = .unknown("the metrics are not Hookline's, or it was restarted")
                return
            }
            guard validations >= acknowledged else {
                self = .unknown(
                    "the metrics are another server's: they count "
                        + "\(FigureText.count(validations)) webhooks of "
                        + "\(FigureText.count(acknowledged))")
                return
            }
            self = .known(difference)
        }
    }

    /// Reads one figure; the reason when it is not there.
    func figure<Figure>(
        _ missing: String, _ read: (MetricsDifference) -> Figure?
    ) -> Result<Figure, MissingFigure> {
        switch self {
        case .unknown(let reason): .failure(MissingFigure(reason: reason))
        case .known(let difference):
            if let figure = read(difference) {
                .success(figure)
            } else {
                .failure(MissingFigure(reason: "not exported: \(missing)"))
            }
        }
    }
}

/// Why a figure is not known.
struct MissingFigure: Error {
    /// The rest of a sentence.
    let reason: String
}

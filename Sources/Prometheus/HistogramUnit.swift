/// What one step of an observed integer is.
enum HistogramUnit: Sendable {
    /// Durations, observed in nanoseconds.
    case seconds
    /// Plain numbers, observed as they are.
    case ones

    /// Names that end in `_seconds` are durations, all others plain numbers.
    init(familyName: String) {
        self = familyName.hasSuffix("_seconds") ? .seconds : .ones
    }

    /// How many decimal digits of a number in the family's unit are a step's: 10^-`scale`.
    var scale: Int { self == .seconds ? 9 : 0 }

    /// Steps in one of the family's unit.
    var stepsPerUnit: Double { self == .seconds ? 1e9 : 1 }

    /// A bound in steps, whole.
    func steps(_ bound: Double) -> Double { (bound * stepsPerUnit).rounded() }

    /// The bound that so many steps are. A bound in seconds is made a whole number of nanoseconds
    /// by this, so that what is shown is what is compared, and an exemplar lies in its bucket.
    func bound(_ steps: Double) -> Double { steps / stepsPerUnit }
}

/// A fixed set of label values: an enum whose raw values are the label's texts.
///
/// `allCases` must be complete; every case becomes a child that is exported from the start.
public protocol LabelValue: CaseIterable, RawRepresentable, Hashable, Sendable
where RawValue == String {}

/// The position of each case in `allCases`, found without hashing. It holds no reference: a family
/// is copied where it is used, and the count of a reference is one for all threads.
///
/// Inlinable, so that the modules that have the labels look them up without witness tables: a
/// labelled increment took the time of 12 plain atomic additions without that and takes that of
/// 2.6 now.
@usableFromInline struct CasePositions<Label: LabelValue>: Sendable {
    /// Number of cases.
    @usableFromInline let count: Int
    // Swift stores an enum of up to 256 cases without payloads as its position in one byte. That
    // is checked for every case here rather than relied upon.
    @usableFromInline let byteIsPosition: Bool

    /// Reads `allCases` once.
    init(_: Label.Type) {
        let cases = Array(Label.allCases)
        count = cases.count
        byteIsPosition =
            MemoryLayout<Label>.size == 1
            && cases.indices.allSatisfy { Self.byte(of: cases[$0]) == $0 }
    }

    /// All cases in declaration order.
    var cases: [Label] { Array(Label.allCases) }

    /// The label's text for each case.
    var texts: [String] { cases.map(\.rawValue) }

    /// The position of a case: one byte read for an ordinary enum, else a search.
    @inlinable func position(of label: Label) -> Int {
        if byteIsPosition {
            let position = Self.byte(of: label)
            if position < count { return position }
        }
        return search(label)
    }

    /// The position of a case, found by comparing.
    @usableFromInline func search(_ label: Label) -> Int {
        guard let position = cases.firstIndex(of: label) else {
            preconditionFailure("allCases leaves out a case of \(Label.self)")
        }
        return position
    }

    /// The first byte in memory.
    @inlinable static func byte(of label: Label) -> Int {
        withUnsafeBytes(of: label) { Int($0[0]) }
    }
}

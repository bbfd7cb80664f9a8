/// A call of libdeflate that failed.
public struct DeflateError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What was being done, as a verb with its object.
    public var operation: String

    /// One sentence for people.
    public var description: String { "libdeflate could not \(operation)" }
}

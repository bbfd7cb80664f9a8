/// A call of zlib that failed.
public struct ZlibError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What was being done: `init`, `reset`, `deflate`.
    public var operation: String
    /// zlib's return code (zlib.h).
    public var code: Int32

    /// One sentence for people.
    public var description: String { "zlib could not \(operation) (return code \(code))" }
}

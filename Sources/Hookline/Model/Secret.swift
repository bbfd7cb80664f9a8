/// Bytes that must not be shown: a description, a dump or a log of it says `[redacted]`.
public struct Secret: Sendable {
    /// The bytes themselves, for those who sign or verify.
    package let bytes: [UInt8]

    package init(_ bytes: some Sequence<UInt8>) {
        self.bytes = Array(bytes)
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Always `[redacted]`.
    public var description: String { "[redacted]" }
    /// Always `[redacted]`.
    public var debugDescription: String { "[redacted]" }
    /// Shows nothing, to `dump` too.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

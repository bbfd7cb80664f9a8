/// Bounds of a document that is read.
public struct XMLLimits: Sendable {
    /// Bytes of the document. Twilio reads 64 KiB (https://www.twilio.com/docs/errors/11750).
    public var bytesMax = 65_536
    /// Elements within each other.
    public var depthMax = 32
    /// Elements of the document.
    public var nodesMax = 4_096
    /// Attributes of one element.
    public var attributesMax = 64

    /// The usual bounds.
    public init() {}
}

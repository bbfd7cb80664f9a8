/// Limits of a document that is read.
public struct XMLLimits: Sendable {
    /// Bytes of the document.
    public var bytesMax: Int
    /// Elements within each other.
    public var depthMax: Int
    /// Elements of the document.
    public var elementsMax: Int
    /// Attributes of one element.
    public var attributesMax: Int

    /// Limits for a document that a person or a library of theirs wrote.
    public init(
        bytesMax: Int = 65_536, depthMax: Int = 32, elementsMax: Int = 4_096,
        attributesMax: Int = 64
    ) {
        self.bytesMax = bytesMax
        self.depthMax = depthMax
        self.elementsMax = elementsMax
        self.attributesMax = attributesMax
    }
}

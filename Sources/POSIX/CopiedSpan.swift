extension Array<UInt8> {
    /// Adds a copy of the bytes. Unlike a slice of an array a span is not counted as a reference,
    /// which on the path of a request costs more than copying a few bytes.
    public mutating func append(copying bytes: Span<UInt8>) {
        bytes.withUnsafeBufferPointer { append(contentsOf: $0) }
    }
}

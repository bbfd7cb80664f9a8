import Glibc

extension OutputSpan<UInt8> {
    /// Appends a copy of the bytes; traps without room for them. Unlike a slice of an array a span
    /// is not counted as a reference, which on the path of a request costs more than copying a few
    /// bytes.
    @inlinable public mutating func append(copying bytes: Span<UInt8>) {
        precondition(bytes.count <= freeCapacity)
        bytes.withUnsafeBufferPointer { source in
            guard let start = source.baseAddress else { return }
            withUnsafeMutableBufferPointer { buffer, count in
                guard let end = buffer.baseAddress.map({ $0 + count }) else { return }
                end.update(from: start, count: source.count)
                count += source.count
            }
        }
    }

    /// Appends a fixed text; traps without room for it.
    @inlinable public mutating func append(copying text: StaticString) {
        let bytes = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        append(copying: bytes.span)
    }
}

extension Array<UInt8> {
    /// The bytes that `fill` appends, up to `room`.
    ///
    /// What the standard library's `init(capacity:initializingWith:)` does, whose allocation is
    /// not specialized: it looks the array's type up each time (Swift 6.3.1: 550 instructions,
    /// here some 200).
    @inlinable public init(room: Int, filling fill: (inout OutputSpan<UInt8>) -> Void) {
        self = []
        append(addingCapacity: room, initializingWith: fill)
    }
}

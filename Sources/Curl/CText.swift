extension [UInt8] {
    /// Calls `body` with these bytes and a zero behind them; the pointer ends with the call.
    ///
    /// A zero among the bytes ends what C sees: callers refuse it first.
    func withCString<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
        var text: [CChar] = []
        text.reserveCapacity(count + 1)
        for byte in self { text.append(CChar(bitPattern: byte)) }
        text.append(0)
        return body(text)
    }
}

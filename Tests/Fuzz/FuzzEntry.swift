/// Made once; a fuzzer calls on one thread.
private let hostileInput = try? HostileInput()

/// The function that libFuzzer calls (https://llvm.org/docs/LibFuzzer.html#fuzz-target).
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let bytes = Array(UnsafeBufferPointer(start: data, count: count))
    guard let hostileInput else { preconditionFailure("the keys cannot be made") }
    if let fault = hostileInput.examine(bytes) { preconditionFailure(fault) }
    return 0
}

import Glibc

/// Made once; a fuzzer calls on one thread.
private let examine: @Sendable ([UInt8]) -> String? = {
    let target = getenv("HOOKLINE_FUZZ_TARGET").map { String(cString: $0) } ?? "request"
    if let part = FramingInput.Part(rawValue: target) {
        let input = FramingInput(part)
        return { input.examine($0) }
    }
    guard target == "request", let input = try? HostileInput() else {
        preconditionFailure("no such target, or the keys cannot be made")
    }
    return { input.examine($0) }
}()

/// The function that libFuzzer calls (https://llvm.org/docs/LibFuzzer.html#fuzz-target).
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let bytes = Array(UnsafeBufferPointer(start: data, count: count))
    if let fault = examine(bytes) { preconditionFailure(fault) }
    return 0
}

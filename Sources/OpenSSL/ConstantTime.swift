import COpenSSL

/// Comparison that takes the same time wherever the first difference is.
public enum ConstantTime {
    /// True when both have the same bytes; only the lengths can be learnt from the time taken.
    public static func equal(_ left: [UInt8], _ right: ArraySlice<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        return left.withUnsafeBytes { leftBytes in
            right.withUnsafeBytes { rightBytes in
                guard let first = leftBytes.baseAddress, let second = rightBytes.baseAddress else {
                    return true
                }
                return CRYPTO_memcmp(first, second, leftBytes.count) == 0
            }
        }
    }
}

/// ASCII letters.
public enum ASCII {
    /// A capital as its small letter, any other byte as it is.
    public static func lowercased(_ byte: UInt8) -> UInt8 {
        (0x41...0x5a).contains(byte) ? byte | 0x20 : byte
    }

    /// Printable, and no space.
    public static func isVisible(_ byte: UInt8) -> Bool { byte > 0x20 && byte < 0x7f }
}

import POSIX
import Testing

@Suite struct FixedTextTests {
    private func slice(_ text: String) -> ArraySlice<UInt8> {
        Array("<\(text)>".utf8).dropFirst().dropLast()
    }

    @Test func `bytes equal a text of the same bytes and no other`() {
        #expect(slice("From").equals("From"))
        #expect(slice("").equals(""))
        for other in ["from", "Fro", "From ", "Frpm", ""] { #expect(!slice(other).equals("From")) }
        // The empty slice of no storage has no address.
        #expect(ArraySlice<UInt8>().equals("") && !ArraySlice<UInt8>().equals("x"))
    }

    @Test func `the case of ASCII letters can be ignored, and nothing else`() {
        #expect(slice("Application/JSON").equalsIgnoringCase("application/json"))
        #expect(ArraySlice<UInt8>().equalsIgnoringCase(""))
        // `[` and `{`, `@` and a backquote differ by the same bit as letters do.
        for (text, other) in [("[", "{"), ("@", "`"), ("-", "\r")] as [(String, StaticString)] {
            #expect(!slice(text).equalsIgnoringCase(other))
        }
        #expect(!slice("abcd").equalsIgnoringCase("abc"))
    }
}

import Testing

@testable import Hookline

@Suite struct MaskedNumberTests {
    @Test(arguments: [
        ("whatsapp:+15005550006", "whatsapp:+…06"), ("+15005550006", "+…06"), ("12345", "…45"),
        ("1234", "…"), ("", "…"), ("Acme Shop", "…op"), ("secret:+15005550006", "…06"),
        ("whatsapp:", "whatsapp:…"), ("+1500555000\u{7}6", "+…6"),
    ])
    func `X13 kind and last two digits are all that is shown`(_ number: String, _ shown: String) {
        #expect(MaskedNumber.text(Array(number.utf8)) == shown)
    }
}

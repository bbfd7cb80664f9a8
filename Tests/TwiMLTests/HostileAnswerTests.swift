import Foundation
import TestSupport
import Testing

@testable import TwiML

/// Bad and strange answers: no trap, and what is taken is within the limits.
@Suite struct HostileAnswerTests {
    private static let pieces: [[UInt8]] =
        [
            "<", ">", "/>", "</", "=", "'", "\"", "&", ";", "&amp;", "&#x41;", "&#65;", "&lt;",
            "&#x110000;", "&#0;", "&e;", "<a>", "</a>", "<a b='c'", "<b/>", " b='1'", "b=\"2\"",
            "<Response>", "</Response>", "<Message>", "</Message>", "<Body>", "</Body>", "<Media>",
            "<![CDATA[", "]]>", "<!--", "-->", "--", "<?", "?>", "<?p q?>", "<!DOCTYPE a",
            "<!DOCTYPE a [<!ENTITY e 'x'>]>", "<!ENTITY e SYSTEM 'http://127.0.0.1:1/'>", "[", "]",
            "<?xml version='1.0'?>", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>", " ", "\t", "\r",
            "\n", "\r\n", "x", "é", "😀", "xml", ":", "-", ".", "1", "\u{85}", "\u{2028}",
        ].map { Array($0.utf8) } + [[0], [0xff], [0xc3], [0xef, 0xbb, 0xbf], [0x1b]]

    private static let documents = [
        "<Response><Message to='+1' from=\"+2\">Hi &amp; bye<Media>u</Media></Message></Response>",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            + "<Response><!-- c --><Redirect>x</Redirect></Response>",
        "<a b='&#10;\t'><![CDATA[<x>]]>y</a>\n<?p?>",
    ].map { Array($0.utf8) }

    /// A new one for each number: pieces in a row, or a document that was changed in places.
    private static func input(_ random: inout SeededRandom) -> [UInt8] {
        if random.next(2) == 0 { return (0..<random.next(16)).flatMap { _ in random.pick(pieces) } }
        var bytes = random.pick(documents)
        for _ in 0...random.next(3) {
            let place = random.next(bytes.count)
            switch random.next(3) {
            case 0: bytes.remove(at: place)
            case 1: bytes.insert(contentsOf: random.pick(pieces), at: place)
            default: bytes[place] = UInt8(random.next(128))
            }
        }
        return bytes
    }

    @Test func `no answer traps, whatever its type, and what is taken is within the bounds`() {
        let seed = UInt64(Date().timeIntervalSince1970 / 86_400) + 1
        var random = SeededRandom(seed)
        let types = ["text/xml", "text/plain", "text/html; charset=utf-8", "application/json"]
        for _ in 0..<Torture.count(600, torture: 100_000) {
            let input = Self.input(&random)
            do throws(TwiMLError) {
                let document = try TwiMLAnswer.read(
                    contentType: random.pick(types), body: input)
                #expect(document.unknownVerbs.count <= TwiMLDocument.unknownMax)
                #expect(document.instructions.count <= input.count)
            } catch {
                #expect(!error.reason.isEmpty)
            }
        }
    }
}

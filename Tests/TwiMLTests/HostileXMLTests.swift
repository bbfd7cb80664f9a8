import Foundation
import TestSupport
import Testing

@testable import TwiML

/// Bad and strange XML: no trap, within the bounds, and read as expat reads it.
@Suite struct HostileXMLTests {
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

    /// The same words as the oracle's.
    private static func verdict(_ bytes: [UInt8]) -> [String] {
        do throws(TwiMLError) {
            return [
                "good",
                parts(try XMLReader.read(bytes)).map {
                    TwiMLOracle.hexadecimal($0.utf8)
                }.joined(separator: ","),
            ]
        } catch {
            return [error == .doctype ? "doctype" : "bad", ""]
        }
    }

    private static func parts(_ element: XMLElement) -> [String] {
        ["s" + element.name] + element.attributes.map { "a\($0.name)=\($0.value)" }
            + element.nodes.flatMap { node in
                switch node {
                case .text(let text): ["t" + text]
                case .element(let element): parts(element)
                }
            } + ["e"]
    }

    /// What we refuse and expat takes: names beyond ASCII, any version, encodings that it guesses.
    private static func isOutsideSubset(_ bytes: [UInt8]) -> Bool {
        do throws(TwiMLError) {
            _ = try XMLReader.read(bytes)
            return false
        } catch {
            switch error {
            case .encoding, .syntax(_, .name), .syntax(_, .declaration): return true
            default: return bytes.contains(0)
            }
        }
    }

    @Test(.startsPrograms)
    func `every input is read as expat reads it, or refused as expat refuses it`() throws {
        let seed = UInt64(Date().timeIntervalSince1970 / 86_400)
        var random = SeededRandom(seed)
        let count = Torture.count(2_000, torture: 100_000)
        let inputs = (0..<count).map { _ in Self.input(&random) }
        let text = inputs.map { TwiMLOracle.hexadecimal($0) + "\n" }.joined()
        let judged = try TwiMLOracle.lines(["judge"], input: text)
        #expect(judged.count == count)
        var good = 0
        for (input, line) in zip(inputs, judged) {
            let found = Self.verdict(input)
            if found[0] == "good" { good += 1 }
            // What has a document type may have other faults too.
            let isSame = found == line.map(String.init) || (found[0] != "good" && line[0] != "good")
            #expect(
                isSame || Self.isOutsideSubset(input),
                "seed \(seed): \(TwiMLOracle.hexadecimal(input)): \(found) \(line)")
        }
        #expect(good > count / 50)
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

    @Test func `bombs of every kind end at a bound`() {
        let kib64 = 65_536
        let bombs: [[UInt8]] = [
            Array(String(repeating: "<a>", count: kib64 / 3).utf8),
            Array(String(repeating: "<a><b/>", count: kib64 / 7).utf8),
            Array(("<a>" + String(repeating: "<b/>", count: 16_000) + "</a>").utf8),
            Array(("<a>" + String(repeating: "&lt;", count: 16_000) + "</a>").utf8),
            Array(("<a " + (0..<9_000).map { "b\($0)=''" }.joined(separator: " ") + "/>").utf8),
            Array(("<a>" + String(repeating: "<!---->", count: 9_000) + "</a>").utf8),
            Array(("<a>" + String(repeating: "<![CDATA[", count: 7_000) + "</a>").utf8),
            Array(("<a>" + String(repeating: "&", count: 65_000) + "</a>").utf8),
            [UInt8](repeating: UInt8(ascii: "<"), count: kib64),
            [UInt8](repeating: UInt8(ascii: "\n"), count: kib64),
            [UInt8](repeating: 0, count: kib64 * 16),
        ]
        var taken = 0
        for bomb in bombs where (try? XMLReader.read(bomb)) != nil { taken += 1 }
        // The references and the comments.
        #expect(taken == 2)
    }
}

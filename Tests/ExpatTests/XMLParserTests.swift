import Expat
import Testing

@Suite struct XMLParserTests {
    private func fault(_ bytes: [UInt8], limits: XMLLimits = XMLLimits()) -> XMLError? {
        do throws(XMLError) {
            _ = try XMLParser.root(of: bytes, limits: limits)
            return nil
        } catch {
            return error
        }
    }

    private func fault(_ text: String, limits: XMLLimits = XMLLimits()) -> XMLError? {
        fault(Array(text.utf8), limits: limits)
    }

    private func read(_ text: String) throws -> XMLElement {
        try XMLParser.root(of: Array(text.utf8))
    }

    @Test func `elements, attributes and text are read`() throws {
        let root = try read(
            "\u{feff}<?xml version='1.0' encoding=\"utf-8\" standalone='yes' ?>\n<!-- a -->"
                + "<a b = 'x &quot; y'\n c=\"'\"><d/>t<e ></e >u<!-- - --><?p q?>v</a>\n<!-- b -->")
        let expected = XMLElement(
            name: "a", attributes: ["b": "x \" y", "c": "'"],
            nodes: [
                .element(XMLElement(name: "d")), .text("t"), .element(XMLElement(name: "e")),
                .text("uv"),
            ])
        #expect(root == expected)
        #expect(root.text == "tuv")
    }

    @Test func `references and CDATA become text, and line ends one line feed`() throws {
        let root = try read(
            "<a>&lt;&#65;&#x1F600;&amp;&gt;&apos;&quot;<![CDATA[<b>&amp;]]>\r\n\rx</a>")
        #expect(root.nodes == [.text("<A😀&>'\"<b>&amp;\n\nx")])
        #expect(try read("<a b='&#10;x\r\ny'/>").attributes == ["b": "\nx y"])
    }

    @Test func `an entity that XML does not define, and a document type, are refused`() {
        #expect(fault("<a>\n&eacute;</a>") == .syntax(line: 2, "undefined entity"))
        #expect(fault("\n<!DOCTYPE a><a/>") == .doctype(line: 2))
        #expect(
            fault("<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>")
                == .doctype(line: 1))
    }

    @Test(arguments: [
        "", " ", "a", "<a", "<a></b>", "<a>", "<a b></a>", "<a b=1/>", "<a b='1' b='2'/>",
        "<a/><b/>", "<a/>b", "<a>&</a>", "<a>&#0;</a>", "<a>\u{1}</a>", "<a><!ENTITY b 'c'></a>",
    ])
    func `what is not well-formed is refused, with its line`(text: String) {
        guard case .syntax(line: 2, let words) = fault("<?p q?>\n" + text) else {
            Issue.record("\(text): \(String(describing: fault(text)))")
            return
        }
        #expect(!words.isEmpty && words != "error")
    }

    @Test func `the document's encoding is read, and another goes before it`() throws {
        let latin =
            Array("<?xml version='1.0' encoding='ISO-8859-1'?><a>".utf8) + [0xfc]
            + Array("</a>".utf8)
        #expect(try XMLParser.root(of: latin).text == "ü")
        let utf16 = "\u{feff}<a>ü</a>".utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }
        #expect(try XMLParser.root(of: utf16).text == "ü")
        let named = Array("<?xml version='1.0' encoding='ISO-8859-1'?><a>ü</a>".utf8)
        #expect(try XMLParser.root(of: named, encoding: "UTF-8").text == "ü")
        #expect(fault("<?xml version='1.0' encoding='klingon'?><a/>") == .encoding)
        #expect(fault(Array("<a>".utf8) + [0xc3] + Array("</a>".utf8)) != nil)
    }

    @Test func `each limit is taken and one more is refused`() {
        let limits = XMLLimits(bytesMax: 40, depthMax: 3, elementsMax: 5, attributesMax: 2)
        func fault(_ text: String) -> XMLError? { self.fault(text, limits: limits) }
        #expect(fault("<a><a><a></a></a></a>") == nil)
        #expect(fault("<a><a><a><a></a></a></a></a>") == .tooDeep(depthMax: 3))
        #expect(fault("<a><b/><b/><b/><b/></a>") == nil)
        #expect(fault("<a><b/><b/><b/><b/><b/></a>") == .tooManyElements(elementsMax: 5))
        #expect(fault("<a b='' c=''/>") == nil)
        #expect(fault("<a b='' c='' d=''/>") == .tooManyAttributes(attributesMax: 2))
        #expect(fault("<a>" + String(repeating: "x", count: 33) + "</a>") == nil)
        #expect(
            fault("<a>" + String(repeating: "x", count: 34) + "</a>") == .tooLarge(bytesMax: 40))
    }

    @Test func `bombs of every kind end at a limit`() {
        let size = 65_536
        let bombs = [
            String(repeating: "<a>", count: size / 3),
            String(repeating: "<a><b/>", count: size / 7),
            "<a>" + String(repeating: "<b/>", count: 16_000) + "</a>",
            "<a " + (0..<6_000).map { "b\($0)=''" }.joined(separator: " ") + "/>",
            "<!DOCTYPE a [<!ENTITY b 'bbbbbbbb'><!ENTITY c '&b;&b;&b;&b;'>]><a>&c;&c;&c;</a>",
            String(repeating: "<", count: size), "<a>" + String(repeating: "&", count: size - 3),
        ]
        for bomb in bombs { #expect(fault(bomb) != nil) }
    }

    @Test func `the library says its version`() {
        #expect(ExpatLibrary.version.hasPrefix("2."))
    }
}

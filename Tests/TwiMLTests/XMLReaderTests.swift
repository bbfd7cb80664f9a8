import Testing

@testable import TwiML

@Suite struct XMLReaderTests {
    private func read(_ text: String) throws(TwiMLError) -> XMLElement {
        try XMLReader.read(Array(text.utf8))
    }

    /// What a text throws; nil when it is read.
    private func fault(_ text: String) -> TwiMLError? {
        do throws(TwiMLError) {
            _ = try read(text)
            return nil
        } catch {
            return error
        }
    }

    @Test func `elements, attributes and text are read`() throws {
        let root = try read(
            "\u{feff}<?xml version='1.0' encoding=\"utf-8\" standalone='yes' ?>\n<!-- a -->"
                + "<a b = 'x &quot; y'\n c=\"'\"><d/>t<e ></e >u<!-- - --><?p q?>v</a>\n<!-- b -->")
        var expected = XMLElement(name: "a", attributes: [("b", "x \" y"), ("c", "'")])
        expected.nodes = [
            .element(XMLElement(name: "d")), .text("t"), .element(XMLElement(name: "e")),
            .text("uv"),
        ]
        #expect(root == expected)
    }

    @Test func `references and CDATA become text, and line ends one line feed`() throws {
        let root = try read(
            "<a>&lt;&#65;&#x1F600;&amp;&gt;&apos;&quot;<![CDATA[<b>&amp;]]>\r\n\rx</a>")
        #expect(root.nodes == [.text("<A😀&>'\"<b>&amp;\n\nx")])
        #expect(try read("<a b='x\r\n\ty'/>").attributes[0].value == "x  y")
        #expect(try read("<a b='&#10;'/>").attributes[0].value == "\n")
    }

    @Test func `an entity that XML does not define, and a document type, are refused`() {
        #expect(fault("<a>\n&eacute;</a>") == .entity(line: 2))
        #expect(fault("<!DOCTYPE a><a/>") == .doctype)
        #expect(
            fault("<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>") == .doctype)
        #expect(fault("<a><!ENTITY b 'c'></a>") == .doctype)
    }

    @Test(arguments: [
        ("<a", SyntaxFault.tag), ("<a b='1'c='2'/>", .tag), ("<a></a", .tag),
        ("<a b></a>", .attribute), ("<a b=1/>", .attribute), ("<a b='<'/>", .attribute),
        ("<a b='1", .attribute), ("<a b='1' b='2'/>", .sameAttribute), ("<a></b>", .closing),
        ("</a>", .closing), ("<a>", .end), ("", .end), ("<!-- a -->", .end), ("a", .outside),
        ("<a/>b", .outside), ("<a/><b/>", .outside), ("&amp;<a/>", .outside),
        ("<!-- -- --><a/>", .comment), ("<!-- <a/>", .comment), ("<!--->--></a>", .closing),
        ("<a><![CDATA[</a>", .cdata), ("<![CDATA[]]><a/>", .cdata), ("<a>]]></a>", .cdata),
        ("<a>&</a>", .reference), ("<a>&;</a>", .reference), ("<a>&#;</a>", .reference),
        ("<a>&#x;</a>", .reference), ("<a>&#0;</a>", .reference), ("<a>&#-65;</a>", .reference),
        ("<a>&#xd800;</a>", .reference), ("<a>&#x110000;</a>", .reference),
        ("<a>&#99999999999999999999;</a>", .reference), ("<a>& b</a>", .reference),
        ("< a/>", .name), ("<1/>", .name), ("<é/>", .name), ("<aé/>", .name), ("<>", .name),
        (" <?xml version='1.0'?><a/>", .declaration),
        ("<a><?xml version='1.0'?></a>", .declaration),
        ("<?xml encoding='utf-8'?><a/>", .declaration), ("<?xml ?><a/>", .declaration),
        ("<?xml version='2.0'?><a/>", .declaration),
        ("<?xml version='1.0' a='b'?><a/>", .declaration),
        ("<?xml version='1.0' standalone='maybe'?><a/>", .declaration),
        ("<?xml version='1.0'", .declaration), ("<?p", .instruction), ("<??><a/>", .name),
        ("<a>\u{1}</a>", .character), ("<a>\u{fffe}</a>", .character),
    ])
    func `what is not well-formed is refused and named`(text: String, expected: SyntaxFault) {
        guard case .syntax(_, expected) = fault(text) else {
            Issue.record("\(text): \(String(describing: fault(text)))")
            return
        }
    }

    @Test func `a fault says its line`() {
        #expect(fault("<a>\r\n\n<b></a>") == .syntax(line: 3, .closing))
        #expect(fault("<a>\n\u{2}</a>") == .syntax(line: 2, .character))
    }

    @Test func `another encoding than UTF-8 is said and not guessed`() {
        #expect(fault("<?xml version='1.0' encoding='ISO-8859-1'?><a/>") == .encoding)
        #expect(fault("<?xml version='1.0' encoding='US-ASCII'?><a/>") == nil)
        for bytes in [
            [0xfe, 0xff, 0, 0x3c], [0xff, 0xfe, 0x3c, 0], [0, 0x3c], [0x3c, 0, 0x61, 0],
        ] {
            let bytes = bytes.map { UInt8($0) }
            #expect(throws: TwiMLError.encoding) { try XMLReader.read(bytes) }
        }
        for bytes in [[0xc3], [0xe2, 0x82], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80]] {
            let bytes = Array("<a>".utf8) + bytes.map { UInt8($0) } + Array("</a>".utf8)
            #expect(throws: TwiMLError.notUTF8) { try XMLReader.read(bytes) }
        }
    }

    @Test func `each limit is taken and one more is refused`() throws {
        var limits = XMLLimits()
        limits.depthMax = 3
        limits.nodesMax = 5
        limits.attributesMax = 2
        limits.bytesMax = 30
        func fault(_ text: String) -> TwiMLError? {
            do throws(TwiMLError) {
                _ = try XMLReader.read(Array(text.utf8), limits: limits)
                return nil
            } catch {
                return error
            }
        }
        #expect(fault("<a><a><a></a></a></a>") == nil)
        #expect(fault("<a><a><a><a></a></a></a></a>") == .tooDeep(depthMax: 3))
        #expect(fault("<a><b/><b/><b/><b/></a>") == nil)
        #expect(fault("<a><b/><b/><b/><b/><b/></a>") == .tooManyNodes(nodesMax: 5))
        #expect(fault("<a b='' c=''/>") == nil)
        #expect(fault("<a b='' c='' d=''/>") == .tooManyNodes(nodesMax: 2))
        #expect(fault("<a>" + String(repeating: "x", count: 23) + "</a>") == nil)
        #expect(
            fault("<a>" + String(repeating: "x", count: 24) + "</a>") == .tooLarge(bytesMax: 30))
    }
}

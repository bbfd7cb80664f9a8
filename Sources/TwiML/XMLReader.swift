/// Reads the part of XML 1.0 that TwiML is written in.
///
/// Elements, attributes, text, CDATA sections, comments, processing instructions (ignored), the
/// five entities of XML and references by number. No document type, so no entity can be declared
/// and nothing is ever fetched. Names are ASCII. Every bound of `XMLLimits` holds while it reads.
struct XMLReader {
    private let limits: XMLLimits
    var cursor: XMLCursor
    /// Elements that have begun and not ended, the innermost last.
    private var open: [XMLElement] = []
    /// Text since the last tag.
    private var pending: [UInt8] = []
    private var nodes = 0

    private init(_ text: [UInt8], _ limits: XMLLimits) {
        cursor = XMLCursor(text)
        self.limits = limits
    }

    /// The root element of a document.
    static func read(
        _ bytes: [UInt8], limits: XMLLimits = XMLLimits()
    ) throws(TwiMLError) -> XMLElement {
        guard bytes.count <= limits.bytesMax else {
            throw .tooLarge(bytesMax: limits.bytesMax)
        }
        var reader = XMLReader(try XMLText.prepared(bytes), limits)
        return try reader.document()
    }

    private mutating func document() throws(TwiMLError) -> XMLElement {
        try declaration()
        var root: XMLElement?
        while !cursor.isAtEnd {
            if cursor.next == UInt8(ascii: "<") {
                try markup(&root)
            } else if open.isEmpty {
                guard cursor.skipSpace() else { throw cursor.fault(.outside) }
            } else {
                pending += try cursor.characters(before: UInt8(ascii: "<"))
            }
        }
        guard let root, open.isEmpty else { throw cursor.fault(.end) }
        return root
    }

    /// `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`, if it is there.
    private mutating func declaration() throws(TwiMLError) {
        guard cursor.isAt("<?xml"), cursor.peek(5).map(XMLText.isSpace) == true else { return }
        _ = cursor.take("<?xml")
        var expected = ["version", "encoding", "standalone"][...]
        while cursor.skipSpace(), cursor.next != UInt8(ascii: "?") {
            let (name, value) = try cursor.attribute()
            guard let index = expected.firstIndex(of: name),
                expected.first != "version" || name == "version"
            else { throw cursor.fault(.declaration) }
            expected = expected[(index + 1)...]
            switch name {
            case "version":
                guard value == "1.0" else { throw cursor.fault(.declaration) }
            case "encoding":
                guard TwiMLAnswer.isUTF8(value) else { throw .encoding }
            default:
                guard value == "yes" || value == "no" else { throw cursor.fault(.declaration) }
            }
        }
        guard expected.first != "version", cursor.take("?>") else {
            throw cursor.fault(.declaration)
        }
    }

    private mutating func markup(_ root: inout XMLElement?) throws(TwiMLError) {
        if cursor.take("<!--") {
            // Two hyphens within a comment end it, or it is none (XML 1.0, 2.5).
            guard cursor.skip(past: "--"), cursor.take(">") else { throw cursor.fault(.comment) }
        } else if cursor.take("<![CDATA[") {
            guard !open.isEmpty, let text = cursor.text(before: "]]>") else {
                throw cursor.fault(.cdata)
            }
            pending += text
        } else if cursor.isAt("<!") {
            throw .doctype
        } else if cursor.take("<?") {
            try instruction()
        } else if cursor.take("</") {
            try endTag(&root)
        } else {
            _ = cursor.take("<")
            guard !open.isEmpty || root == nil else { throw cursor.fault(.outside) }
            try startTag(&root)
        }
    }

    private mutating func instruction() throws(TwiMLError) {
        let name = try cursor.name()
        guard name.lowercased() != "xml" else { throw cursor.fault(.declaration) }
        guard cursor.isAt("?>") || cursor.skipSpace(), cursor.skip(past: "?>") else {
            throw cursor.fault(.instruction)
        }
    }

    private mutating func startTag(_ root: inout XMLElement?) throws(TwiMLError) {
        var element = XMLElement(name: try cursor.name())
        try count()
        while true {
            let hasSpace = cursor.skipSpace()
            if cursor.take("/>") {
                endText()
                return close(element, &root)
            }
            if cursor.take(">") { break }
            guard hasSpace else { throw cursor.fault(.tag) }
            let attribute = try cursor.attribute()
            guard !element.attributes.contains(where: { $0.name == attribute.name }) else {
                throw cursor.fault(.sameAttribute)
            }
            guard element.attributes.count < limits.attributesMax else {
                throw .tooManyNodes(nodesMax: limits.attributesMax)
            }
            element.attributes.append(attribute)
        }
        endText()
        guard open.count < limits.depthMax else { throw .tooDeep(depthMax: limits.depthMax) }
        open.append(element)
    }

    private mutating func endTag(_ root: inout XMLElement?) throws(TwiMLError) {
        let name = try cursor.name()
        cursor.skipSpace()
        guard cursor.take(">") else { throw cursor.fault(.tag) }
        guard let last = open.last, last.name == name else { throw cursor.fault(.closing) }
        endText()
        close(open.removeLast(), &root)
    }

    private mutating func close(_ element: XMLElement, _ root: inout XMLElement?) {
        if open.isEmpty {
            root = element
        } else {
            open[open.count - 1].nodes.append(.element(element))
        }
    }

    /// What was read since the last tag becomes one text.
    private mutating func endText() {
        guard !pending.isEmpty, !open.isEmpty else { return }
        let text = String(decoding: pending, as: UTF8.self)
        open[open.count - 1].nodes.append(.text(text))
        pending.removeAll(keepingCapacity: true)
    }

    private mutating func count() throws(TwiMLError) {
        nodes += 1
        guard nodes <= limits.nodesMax else { throw .tooManyNodes(nodesMax: limits.nodesMax) }
    }
}

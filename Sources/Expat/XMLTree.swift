import CExpat

/// Puts the elements together that expat finds, and stops it at a limit. One document, one thread.
final class XMLTree {
    private let limits: XMLLimits
    /// Elements that have begun and not ended, the innermost last.
    private var open: [XMLElement] = []
    /// Text since the last tag.
    private var pending: [UInt8] = []
    private var elements = 0
    private(set) var root: XMLElement?
    /// Why expat was stopped.
    private(set) var fault: XMLError?

    private let parser: XML_Parser

    /// Hears everything that `parser` finds; it must outlive the parser's calls.
    init(of parser: XML_Parser, limits: XMLLimits) {
        self.parser = parser
        self.limits = limits
        XML_SetUserData(parser, Unmanaged.passUnretained(self).toOpaque())
        XML_SetElementHandler(
            parser, { XMLTree.at($0)?.begin($1, $2) }, { tree, _ in XMLTree.at(tree)?.end() })
        XML_SetCharacterDataHandler(parser) { XMLTree.at($0)?.add($1, $2) }
        XML_SetStartDoctypeDeclHandler(parser) { tree, _, _, _, _ in
            XMLTree.at(tree)?.stopAtDoctype()
        }
    }

    private static func at(_ pointer: UnsafeMutableRawPointer?) -> XMLTree? {
        pointer.map { Unmanaged<XMLTree>.fromOpaque($0).takeUnretainedValue() }
    }

    private func stop(_ fault: XMLError) {
        self.fault = fault
        XML_StopParser(parser, 0)
    }

    private func stopAtDoctype() {
        stop(.doctype(line: Int(XML_GetCurrentLineNumber(parser))))
    }

    private func begin(
        _ name: UnsafePointer<CChar>?,
        _ attributes: UnsafeMutablePointer<UnsafePointer<CChar>?>?
    ) {
        // After a stop expat still reports the end of an empty element (expat.h, XML_StopParser).
        guard fault == nil, let name else { return }
        endText()
        elements += 1
        var element = XMLElement(name: String(cString: name))
        var place = 0
        while let attribute = attributes?[place], let value = attributes?[place + 1] {
            element.attributes[String(cString: attribute)] = String(cString: value)
            place += 2
        }
        open.append(element)
        if open.count > limits.depthMax {
            stop(.tooDeep(depthMax: limits.depthMax))
        } else if elements > limits.elementsMax {
            stop(.tooManyElements(elementsMax: limits.elementsMax))
        } else if element.attributes.count > limits.attributesMax {
            stop(.tooManyAttributes(attributesMax: limits.attributesMax))
        }
    }

    private func end() {
        guard fault == nil else { return }
        endText()
        guard let element = open.popLast() else { return }
        if open.isEmpty {
            root = element
        } else {
            open[open.count - 1].nodes.append(.element(element))
        }
    }

    private func add(_ text: UnsafePointer<CChar>?, _ count: Int32) {
        guard let text, count > 0 else { return }
        pending += UnsafeRawBufferPointer(start: text, count: Int(count))
    }

    private func endText() {
        guard !pending.isEmpty, !open.isEmpty else { return }
        open[open.count - 1].nodes.append(.text(String(decoding: pending, as: UTF8.self)))
        pending.removeAll(keepingCapacity: true)
    }
}

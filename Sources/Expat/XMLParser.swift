import CExpat

/// Reads whole documents.
public enum XMLParser {
    /// The root element of a document. Any thread.
    ///
    /// In UTF-8 or UTF-16, or in the encoding that the document names; `encoding` goes before
    /// that, as a `charset` in `Content-Type` does. A document type declaration is refused, so no
    /// entity can be declared, and nothing is ever fetched.
    public static func root(
        of document: [UInt8], encoding: String? = nil, limits: XMLLimits = XMLLimits()
    ) throws(XMLError) -> XMLElement {
        guard document.count <= limits.bytesMax else {
            throw .tooLarge(bytesMax: limits.bytesMax)
        }
        guard let parser = XML_ParserCreate(encoding) else { throw .memory }
        defer { XML_ParserFree(parser) }
        let tree = XMLTree(of: parser, limits: limits)
        return try withExtendedLifetime(tree) { () throws(XMLError) in
            let status = document.withUnsafeBytes { bytes in
                XML_Parse(
                    parser, bytes.baseAddress?.assumingMemoryBound(to: CChar.self),
                    Int32(clamping: bytes.count), 1)
            }
            if let fault = tree.fault { throw fault }
            guard status == XML_STATUS_OK, let root = tree.root else { throw error(of: parser) }
            return root
        }
    }

    private static func error(of parser: OpaquePointer) -> XMLError {
        let code = XML_GetErrorCode(parser)
        switch code {
        case XML_ERROR_NO_MEMORY: return .memory
        case XML_ERROR_UNKNOWN_ENCODING, XML_ERROR_INCORRECT_ENCODING: return .encoding
        default:
            let words = XML_ErrorString(code).map { String(cString: $0) } ?? "error"
            return .syntax(line: Int(XML_GetCurrentLineNumber(parser)), words)
        }
    }
}

/// The library that is loaded.
public enum ExpatLibrary {
    /// Its version, for example `2.5.0`.
    public static var version: String {
        let version = XML_ExpatVersionInfo()
        return "\(version.major).\(version.minor).\(version.micro)"
    }
}

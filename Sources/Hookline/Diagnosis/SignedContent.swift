import TwilioSignature

/// A body as it is tried: its bytes, and what of it follows the URL in the signed text.
struct SignedContent: Sendable {
    /// The whole body.
    let body: [UInt8]
    /// True when the body is read as a form.
    let isForm: Bool
    /// The names and values of a form as they are signed; empty for any other body.
    let suffix: [UInt8]
    /// The form's parameters.
    private let parameters: FormParameters?

    /// A body that is read as a form, or not; nil when the form has too many parameters.
    init?(_ body: [UInt8], isForm: Bool, parametersMax: Int) {
        var parameters: FormParameters?
        if isForm {
            // More parameters than the limit are refused before any signature is looked at.
            guard let read = try? FormParameters(parsing: body, parametersMax: parametersMax)
            else { return nil }
            parameters = read
        }
        self.body = body
        self.isForm = isForm
        self.parameters = parameters
        suffix = parameters?.signedSuffix ?? []
    }

    /// The number of a form's parameters.
    var parameterCount: Int { parameters?.count ?? 0 }

    /// The changed content; nil when the change changes nothing of what is signed.
    func changed(_ change: BodyChange, parametersMax: Int) -> SignedContent? {
        guard let body = changedBody(change) else { return nil }
        let isForm = change == .otherMediaType ? !self.isForm : self.isForm
        return SignedContent(body, isForm: isForm, parametersMax: parametersMax)
    }

    private func changedBody(_ change: BodyChange) -> [UInt8]? {
        switch change {
        case .none: return nil
        case .otherMediaType: return body
        case .endTrimmed:
            let end = body.lastIndex { ![0x20, 0x09, 0x0a, 0x0d].contains($0) }
            return end == body.indices.last ? nil : Array(body.prefix((end ?? -1) + 1))
        case .lineFeedAdded: return body + [0x0a]
        case .carriageReturnAdded: return body + [0x0d, 0x0a]
        case .barePlus:
            let plus = UInt8(ascii: "+")
            guard body.contains(plus) else { return nil }
            return body.flatMap { $0 == plus ? Percent.escape(0x2b) : [$0] }
        case .text(let change):
            guard isForm else { return change.applied(to: body) }
            return rewritten { (change.applied(to: $0) ?? $0, change.applied(to: $1) ?? $1) }
        case .spelling(let change): return change.applied(to: body)
        case .jsonMinified: return JSONSpelling.minified(body)
        case .jsonSpaced: return JSONSpelling.spaced(body)
        case .emptyDropped: return rewritten { $1.isEmpty ? nil : ($0, $1) }
        case .emptyAdded(let fields): return adding(fields)
        case .withoutParameter(let left): return leavingOut(left)
        case .spaceAfterText(let space):
            return rewritten { $0.elementsEqual("Body".utf8) ? ($0, $1 + [space]) : ($0, $1) }
        }
    }

    /// The form with each pair rewritten, or left out; nil when all are as they were.
    private func rewritten(
        _ rewrite: ([UInt8], [UInt8]) -> (name: [UInt8], value: [UInt8])?
    ) -> [UInt8]? {
        guard let parameters else { return nil }
        var form = FormBuilder()
        var isChanged = false
        for (name, value) in parameters.decoded {
            guard let pair = rewrite(Array(name), Array(value)) else {
                isChanged = true
                continue
            }
            isChanged = isChanged || pair.name != Array(name) || pair.value != Array(value)
            form.append(name: pair.name, value: pair.value)
        }
        return isChanged ? form.form.encoded : nil
    }

    private func adding(_ fields: EmptyFields) -> [UInt8]? {
        guard let parameters else { return nil }
        let present = Set(parameters.decoded.map { Array($0.name) })
        let missing = fields.names.map { Array($0.utf8) }.filter { !present.contains($0) }
        guard missing.count == fields.names.count || fields.names.count > 4, !missing.isEmpty
        else { return nil }
        var form = FormBuilder(parameters)
        for name in missing { form.append(name: name, value: []) }
        return form.form.encoded
    }

    private func leavingOut(_ left: Int) -> [UInt8]? {
        guard let parameters, left < parameters.count else { return nil }
        var form = FormBuilder()
        for (index, pair) in parameters.decoded.enumerated() where index != left {
            form.append(name: pair.name, value: pair.value)
        }
        return form.form.encoded
    }
}

/// JSON with other space between its tokens; what is no JSON comes back changed in vain.
enum JSONSpelling {
    /// Without space between tokens.
    static func minified(_ text: [UInt8]) -> [UInt8]? { rewritten(text, after: []) }

    /// With one space after each comma and colon, as Python writes it.
    static func spaced(_ text: [UInt8]) -> [UInt8]? { rewritten(text, after: [0x2c, 0x3a]) }

    private static func rewritten(_ text: [UInt8], after separators: [UInt8]) -> [UInt8]? {
        var changed: [UInt8] = []
        changed.reserveCapacity(text.count)
        var isString = false
        var isEscape = false
        for byte in text {
            if isString {
                isString = byte != UInt8(ascii: "\"") || isEscape
                isEscape = byte == UInt8(ascii: "\\") && !isEscape
                changed.append(byte)
            } else if ![0x20, 0x09, 0x0a, 0x0d].contains(byte) {
                isString = byte == UInt8(ascii: "\"")
                changed.append(byte)
                if separators.contains(byte) { changed.append(0x20) }
            }
        }
        return changed == text ? nil : changed
    }
}

/// The body as Twilio may have sent it, given the one that arrived.
///
/// A form is signed by what it decodes to: how it was escaped and in which order does not
/// matter, unless `bodySHA256` covers its bytes, as it does those of JSON.
enum BodyChange: Sendable, Hashable {
    /// As it arrived.
    case none
    /// Read as a form, or not as one: a proxy changed `Content-Type`.
    case otherMediaType
    /// Bytes at the end that a proxy added or took.
    case endTrimmed, lineFeedAdded, carriageReturnAdded
    /// `+` that a proxy did not escape again.
    case barePlus
    /// A change of every value of a form, or of a whole body that is none.
    case text(BodyTextChange)
    /// The whole body in another spelling; matters only where `bodySHA256` covers it.
    case spelling(TextChange)
    /// The whole body with space and line feeds of JSON as others write them.
    case jsonMinified, jsonSpaced
    /// Without the parameters whose value is empty, which a proxy added.
    case emptyDropped
    /// With empty parameters that a proxy dropped.
    case emptyAdded(EmptyFields)
    /// Without one parameter, which a proxy added.
    case withoutParameter(Int)
    /// With white space after the text that a proxy trimmed.
    case spaceAfterText(UInt8)

    /// More parameters than this are not left out one by one.
    static let parametersLeftOutMax = 48

    /// Every change of a form that is worth a try, in a fixed order.
    static func all(parameters: Int) -> [BodyChange] {
        var changes: [BodyChange] = [.endTrimmed, .lineFeedAdded, .carriageReturnAdded, .barePlus]
        changes += BodyTextChange.allCases.map { .text($0) }
        changes.append(.emptyDropped)
        changes += EmptyFields.all.map { .emptyAdded($0) }
        changes += [0x20, 0x0a].map { .spaceAfterText($0) }
        changes += (0..<min(parameters, parametersLeftOutMax)).map { .withoutParameter($0) }
        return changes + [.otherMediaType]
    }

    /// Every change that keeps what the body means: tried against `bodySHA256`.
    static let ofBytes: [BodyChange] =
        [.endTrimmed, .lineFeedAdded, .carriageReturnAdded, .jsonMinified, .jsonSpaced]
        + BodyTextChange.allCases.map { .text($0) } + TextChange.allCases.map { .spelling($0) }

    /// What a proxy did, given that Twilio signed the body so changed.
    var phrase: String {
        switch self {
        case .none: "leaves it as it is"
        case .otherMediaType: "changes Content-Type"
        case .endTrimmed: "adds white space to its end"
        case .lineFeedAdded, .carriageReturnAdded: "takes the line feed from its end"
        case .barePlus: "does not escape +"
        case .text(let change): change.phrase
        case .spelling(let change): change.phrase
        case .jsonMinified, .jsonSpaced: "rewrites the JSON"
        case .emptyDropped, .withoutParameter: "adds a parameter"
        case .emptyAdded: "drops empty parameters"
        case .spaceAfterText: "trims the text"
        }
    }
}

/// Parameters that are often empty in Twilio's requests, and that some frameworks then drop.
struct EmptyFields: Sendable, Hashable {
    /// Added with an empty value where they are missing.
    var names: [String]

    private static let places = ["City", "State", "Zip", "Country"]

    /// The sets that are tried.
    static let all: [EmptyFields] = [
        EmptyFields(names: ["Body"]),
        EmptyFields(names: ["ToCity", "ToState", "ToZip"]),
        EmptyFields(names: ["ToCity", "ToZip"]),
        EmptyFields(names: ["ToCity"]),
        EmptyFields(names: ["ToZip"]),
        EmptyFields(names: ["FromCity", "FromZip"]),
        EmptyFields(names: places.map { "To" + $0 } + places.map { "From" + $0 }),
        EmptyFields(names: ["ErrorCode"]),
        EmptyFields(names: ["ProfileName"]),
    ]
}

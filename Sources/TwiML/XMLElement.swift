/// An element of a document.
struct XMLElement: Sendable, Equatable {
    /// What stands within an element, in the order of the document.
    enum Node: Sendable, Equatable {
        case element(XMLElement)
        /// Text with its references replaced; comments within it are gone.
        case text(String)
    }

    /// As it is written, a prefix included.
    var name: String
    /// In the order of the document; each name once.
    var attributes: [(name: String, value: String)] = []
    var nodes: [Node] = []

    /// The value of an attribute without white space around it; nil when it is not there, or when
    /// nothing is left.
    func value(_ attribute: String) -> String? {
        guard let found = attributes.first(where: { $0.name == attribute }) else { return nil }
        let value = XMLText.trimmed(found.value)
        return value.isEmpty ? nil : value
    }

    /// All text in it and in the elements within it.
    var text: String {
        nodes.map { node in
            switch node {
            case .text(let text): text
            case .element(let element): element.text
            }
        }.joined()
    }

    static func == (left: XMLElement, right: XMLElement) -> Bool {
        left.name == right.name && left.nodes == right.nodes
            && left.attributes.elementsEqual(right.attributes, by: ==)
    }
}

/// An element of a document.
public struct XMLElement: Sendable, Equatable {
    /// What stands within an element, in the order of the document.
    public enum Node: Sendable, Equatable {
        case element(XMLElement)
        /// Text with its references replaced; comments within it are gone.
        case text(String)
    }

    /// As it is written, a prefix included.
    public var name: String
    /// Each name comes once.
    public var attributes: [String: String]
    /// What stands in it. Two texts never follow each other.
    public var nodes: [Node]

    /// An element from its parts.
    public init(name: String, attributes: [String: String] = [:], nodes: [Node] = []) {
        self.name = name
        self.attributes = attributes
        self.nodes = nodes
    }

    /// All text in it and in the elements within it.
    public var text: String {
        nodes.map { node in
            switch node {
            case .text(let text): text
            case .element(let element): element.text
            }
        }.joined()
    }
}

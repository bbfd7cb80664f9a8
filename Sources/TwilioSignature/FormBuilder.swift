/// Puts the parameters of a form together, pair by pair.
package struct FormBuilder {
    private var bytes: [UInt8] = []
    private var pairs: [FormParameters.Pair] = []

    /// No parameters yet.
    package init() {}

    /// These parameters, and what is added to them.
    package init(_ parameters: FormParameters) {
        for (name, value) in parameters.decoded { append(name: name, value: value) }
    }

    /// The parameters so far.
    package var form: FormParameters { FormParameters(bytes, pairs) }

    /// Adds one pair of decoded bytes.
    package mutating func append(name: some Sequence<UInt8>, value: some Sequence<UInt8>) {
        let start = bytes.count
        bytes.append(contentsOf: name)
        let nameEnd = bytes.count
        bytes.append(contentsOf: value)
        pairs.append(
            FormParameters.Pair(
                start: start, nameEnd: nameEnd, valueEnd: bytes.count, in: bytes.span))
    }
}

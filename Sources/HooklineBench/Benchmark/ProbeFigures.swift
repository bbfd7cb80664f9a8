import Curl

/// What came of the requests that show how a server tells genuine from forged, and its paths.
struct ProbeFigures: Sendable {
    /// The kinds of forged requests.
    enum Forgery: CaseIterable, Sendable {
        /// Signed with a token that nobody has.
        case wrongToken
        /// Changed after it was signed.
        case changedBody
        /// Not signed.
        case missingSignature

        /// The kind in words.
        var words: String {
            switch self {
            case .wrongToken: "with a wrong token"
            case .changedBody: "with a changed body"
            case .missingSignature: "without a signature"
            }
        }
    }

    /// Requests of each kind.
    static let countEach = 5

    /// Answers to genuine messages on the path that was given.
    var given = AnswerCounts()
    /// Answers to genuine messages on the other of the two WhatsApp paths; nil when the one that
    /// was given is neither of them.
    var other: AnswerCounts?
    /// Answers to forged messages.
    var forged: [Forgery: AnswerCounts] = [:]

    /// Sends them one after another; nil after an interruption.
    static func measure(
        _ options: BenchOptions, _ signers: BenchSigners, _ sender: inout SequentialSender
    ) throws(BenchError) -> ProbeFigures? {
        var figures = ProbeFigures()
        if signers.other != nil { figures.other = AnswerCounts() }
        for _ in 0..<countEach {
            let genuine = signers.given.request(for: TestMessage(options.message))
            guard let answer = try sender.ask(genuine) else { return nil }
            figures.given.add(answer)
            if let other = signers.other {
                let request = other.request(for: TestMessage(options.message))
                guard let answer = try sender.ask(request) else { return nil }
                figures.other?.add(answer)
            }
            for forgery in Forgery.allCases {
                let request = forged(forgery, TestMessage(options.message), signers)
                guard let answer = try sender.ask(request) else { return nil }
                figures.forged[forgery, default: AnswerCounts()].add(answer)
            }
        }
        return figures
    }

    private static func forged(
        _ forgery: Forgery, _ message: TestMessage, _ signers: BenchSigners
    ) -> TransferRequest {
        let body = message.parameters.encoded
        let signature = signers.given.signature(of: message)
        return switch forgery {
        case .wrongToken: signers.forger.request(for: message)
        case .changedBody:
            signers.given.request(
                sid: message.sid, body: body + Array("&Body2=changed".utf8), signature: signature)
        case .missingSignature:
            signers.given.request(sid: message.sid, body: body, signature: nil)
        }
    }
}

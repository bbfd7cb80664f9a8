import POSIX

/// A program that prints the tokens of the account SID in its last argument, one a line.
///
/// Exit status 0 is an answer (no line: no such account), any other status a failure. It is run
/// without a shell; its output is bounded, and its standard error goes to the log's place.
struct TokensCommand: TokenSource {
    /// Program and arguments; the account SID is added.
    let arguments: [String]
    /// Variables that it gets beside those that every program needs; none of Hookline's own, among
    /// which are tokens.
    var environment: [String] = []
    private static let always = ["PATH", "HOME", "LANG", "TZ"]
    /// An account has at most this many tokens.
    static let tokensMax = 8
    /// More output than this is no list of tokens.
    static let outputBytesMax = 4096

    func tokens(
        of account: [UInt8], deadlineNanoseconds: UInt64, isCancelled: () -> Bool = { false }
    ) throws(TokenSourceError) -> [Secret] {
        let outcome: ProgramRun.Outcome
        do {
            outcome = try ProgramRun.run(
                arguments + [String(decoding: account, as: UTF8.self)],
                environment: Self.always + environment,
                outputBytesMax: Self.outputBytesMax, deadlineNanoseconds: deadlineNanoseconds,
                isCancelled: isCancelled)
        } catch {
            throw TokenSourceError(
                reason: .failed, sentence: "\(error.operation) failed: \(error.message)")
        }
        switch outcome {
        case .timedOut:
            throw TokenSourceError(reason: .timeout, sentence: "it did not end in time")
        case .tooMuchOutput:
            throw TokenSourceError(
                reason: .malformed,
                sentence: "it printed more than \(Self.outputBytesMax) bytes")
        case .ended(let status, _) where status != 0:
            throw TokenSourceError(reason: .failed, sentence: "its exit status was \(status)")
        case .ended(_, let output):
            return try Self.tokens(in: output)
        }
    }

    private static func tokens(in output: [UInt8]) throws(TokenSourceError) -> [Secret] {
        let lines = output.split(separator: 0x0a).map { line in
            line.last == 0x0d ? line.dropLast() : line
        }.filter { !$0.isEmpty }
        guard lines.count <= tokensMax, lines.allSatisfy({ TokensFile.isToken(bytes: $0) }) else {
            throw TokenSourceError(
                reason: .malformed,
                sentence: "its output is not a list of up to \(tokensMax) tokens, one a line")
        }
        return lines.map { Secret($0) }
    }
}

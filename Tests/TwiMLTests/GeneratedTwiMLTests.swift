import TestSupport
import Testing

@testable import TwiML

/// Documents that Twilio's own library writes say to us what they say to Twilio.
@Suite struct GeneratedTwiMLTests {
    @Test(.startsPrograms)
    func `a document of Twilio's library says what was put in`() throws {
        let count = Torture.count(200, torture: 5_000)
        let lines = try TwiMLOracle.lines(["7", "\(count)"])
        #expect(lines.count == count)
        for line in lines {
            let document = try TwiMLDocument(parsing: TwiMLOracle.bytes(line[0]))
            let expected = line.dropFirst().map(TwiMLOracle.texts).map(Self.instruction)
            #expect(document.instructions == expected)
            #expect(document.unknownCount == 0 && document.unreachableCount == 0)
        }
    }

    private static func instruction(_ words: [String]) -> TwiMLDocument.Instruction {
        func some(_ index: Int) -> String? { words[index].isEmpty ? nil : words[index] }
        guard words[0] == "message" else {
            return .redirect(TwiMLRedirect(url: words[1], method: TwiMLMethod(words[2])))
        }
        return .message(
            TwiMLMessage(
                body: words[6], media: Array(words.dropFirst(7)), to: some(1), from: some(2),
                action: some(3), method: TwiMLMethod(words[4]), statusCallback: some(5)))
    }
}

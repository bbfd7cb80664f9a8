import Testing

@testable import Prometheus

struct LabelValueTests {
    /// A label value that is not an enum, so that its bytes are not its position.
    struct Digit: LabelValue {
        static let allCases = [Digit(value: 7), Digit(value: 3)]
        let value: UInt8

        init(value: UInt8) { self.value = value }
        init?(rawValue: String) {
            guard let value = UInt8(rawValue) else { return nil }
            self.value = value
        }
        var rawValue: String { String(value) }
    }

    /// An enum whose cases are listed in another order than they are declared in.
    enum Turned: String, LabelValue {
        case first
        case second
        static let allCases = [Turned.second, .first]
    }

    @Test func `a case's position is its place in allCases`() {
        let colours = CasePositions(Colour.self)
        #expect(Colour.allCases.map(colours.position(of:)) == [0, 1, 2])
        #expect(CasePositions(Only.self).position(of: .one) == 0)
    }

    @Test func `a position does not depend on how a value is stored`() {
        let digits = CasePositions(Digit.self)
        #expect(Digit.allCases.map(digits.position(of:)) == [0, 1])
        let turned = CasePositions(Turned.self)
        #expect(turned.position(of: .second) == 0)
        #expect(turned.position(of: .first) == 1)
    }
}

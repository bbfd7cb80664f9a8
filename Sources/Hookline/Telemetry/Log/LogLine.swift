/// One structured log line under construction: safe for any bytes, without Foundation.
struct LogLine: Sendable {
    private var fields: [(name: StaticString, value: Value)] = []
    private let level: LogLevel
    private let message: String

    private enum Value: Sendable {
        case text(String)
        case number(String)
    }

    /// A line with its level and its message, which is fixed text or an error's description.
    init(_ level: LogLevel, _ message: String) {
        self.level = level
        self.message = message
    }

    /// Adds text.
    func with(_ name: StaticString, _ value: String) -> LogLine {
        adding(name, .text(value))
    }

    /// Adds text from outside; invalid UTF-8 is replaced, control characters are escaped.
    func with(_ name: StaticString, bytes: some Collection<UInt8>) -> LogLine {
        adding(name, .text(String(decoding: bytes.prefix(128), as: UTF8.self)))
    }

    /// Adds an integer.
    func with(_ name: StaticString, _ value: some BinaryInteger) -> LogLine {
        adding(name, .number(String(value)))
    }

    /// Adds a number with six decimals at most; one that is not finite is left out.
    func with(_ name: StaticString, _ value: Double) -> LogLine {
        value.isFinite ? adding(name, .number("\((value * 1e6).rounded() / 1e6)")) : self
    }

    /// Adds a duration of `nanoseconds` as seconds, with microseconds.
    func with(_ name: StaticString, nanoseconds: UInt64) -> LogLine {
        let micros = nanoseconds / 1000
        let fraction = String(micros % 1_000_000)
        let zeros = String(repeating: "0", count: 6 - fraction.utf8.count)
        return adding(name, .number("\(micros / 1_000_000).\(zeros)\(fraction)"))
    }

    private func adding(_ name: StaticString, _ value: Value) -> LogLine {
        var copy = self
        copy.fields.append((name, value))
        return copy
    }

    /// The line's level.
    var severity: LogLevel { level }

    /// The line as JSON, with its line feed.
    func json(timestamp: String) -> [UInt8] {
        var line = Array("{\"ts\":\"\(timestamp)\",\"level\":\"\(level.rawValue)\",\"msg\":".utf8)
        JSONText.appendQuoted(message, to: &line)
        for field in fields {
            line.append(contentsOf: ",\"\(field.name)\":".utf8)
            switch field.value {
            case .text(let text): JSONText.appendQuoted(text, to: &line)
            case .number(let digits): line.append(contentsOf: digits.utf8)
            }
        }
        line.append(contentsOf: "}\n".utf8)
        return line
    }

    /// The line for people: time, level, message, then `name=value`.
    func text(timestamp: String) -> [UInt8] {
        let level = level.rawValue.uppercased()
        let padding = String(repeating: " ", count: max(0, 7 - level.utf8.count))
        var line = Array("\(timestamp) \(level)\(padding) ".utf8)
        line.append(contentsOf: PrintableText.of(message).utf8)
        for field in fields {
            line.append(contentsOf: "  \(field.name)=".utf8)
            switch field.value {
            case .text(let text): line.append(contentsOf: PrintableText.of(text).utf8)
            case .number(let digits): line.append(contentsOf: digits.utf8)
            }
        }
        line.append(0x0a)
        return line
    }
}

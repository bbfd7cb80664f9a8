/// One command as a list of arguments, each of which may hold any byte.
public struct RedisCommand: Sendable {
    /// The command's name and its arguments.
    public var arguments: [[UInt8]]

    /// A command from its arguments.
    public init(_ arguments: [[UInt8]]) {
        self.arguments = arguments
    }

    /// A command from words.
    public init(_ words: String...) {
        arguments = words.map { Array($0.utf8) }
    }

    /// The same command with one more argument.
    public func with(_ argument: [UInt8]) -> RedisCommand {
        RedisCommand(arguments + [argument])
    }

    /// The same command with one more word.
    public func with(_ word: String) -> RedisCommand { with(Array(word.utf8)) }

    /// The same command with one more number.
    public func with(_ number: some BinaryInteger) -> RedisCommand { with(String(number)) }

    /// How many bytes `append` adds, or a few more.
    public var encodedBytesMax: Int {
        arguments.reduce(24) { $0 + $1.count + 24 }
    }

    /// Appends the command as it is sent: an array of strings, each behind its length
    /// (https://redis.io/docs/latest/develop/reference/protocol-spec/). hiredis's formatter would
    /// copy each body three times.
    func append(to output: inout [UInt8]) {
        output.append(0x2a)
        Self.append(arguments.count, to: &output)
        for argument in arguments {
            output.append(0x24)
            Self.append(argument.count, to: &output)
            output.append(contentsOf: argument)
            output.append(0x0d)
            output.append(0x0a)
        }
    }

    private static func append(_ number: Int, to output: inout [UInt8]) {
        output.append(contentsOf: String(number).utf8)
        output.append(0x0d)
        output.append(0x0a)
    }
}

import Testing

@testable import Redis

@Suite struct RedisCommandTests {
    @Test func `a command is an array of strings behind their lengths`() {
        var output: [UInt8] = []
        RedisCommand("SET").with("k").with([0, 0x0d, 0x0a, 0xff]).append(to: &output)
        let expected = Array("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\n".utf8) + [0, 0x0d, 0x0a, 0xff]
        #expect(output == expected + [0x0d, 0x0a])
        #expect(output.count <= RedisCommand("SET").with("k").with([0, 1, 2, 3]).encodedBytesMax)
    }
}

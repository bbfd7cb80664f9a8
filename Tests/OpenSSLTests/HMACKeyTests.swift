import OpenSSL
import Testing

@Suite struct HMACKeyTests {
    private func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }

    /// RFC 2202, section 3: cases 1, 2 and 6 (a key longer than a block).
    @Test(arguments: [
        (
            [UInt8](repeating: 0x0b, count: 20), "Hi There",
            "b617318655057264e28bc0b6fb378c8ef146be00"
        ),
        (
            Array("Jefe".utf8), "what do ya want for nothing?",
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"
        ),
        (
            [UInt8](repeating: 0xaa, count: 80),
            "Test Using Larger Than Block-Size Key - Hash Key First",
            "aa4ae5e15272d00e95705637ce8a3b55ed402112"
        ),
    ])
    func `HMAC-SHA1 gives the codes of RFC 2202`(
        key: [UInt8], message: String, expected: String
    ) throws {
        let code = HMACKey(key).code(of: Array(message.utf8))
        #expect(hexadecimal(code) == expected)
    }

    /// RFC 4231, section 4.3.
    @Test func `HMAC-SHA256 gives the code of RFC 4231`() throws {
        let key = HMACKey(Array("Jefe".utf8), algorithm: .sha256)
        let code = key.code(of: Array("what do ya want for nothing?".utf8))
        #expect(
            hexadecimal(code)
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    }

    @Test func `a key serves many messages, from several threads at once`() async throws {
        let key = HMACKey(Array("Jefe".utf8))
        let message = Array("what do ya want for nothing?".utf8)
        let expected = key.code(of: message)
        let codes = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask { (0..<500).allSatisfy { _ in key.code(of: message) == expected } }
            }
            return await group.reduce(true) { $0 && $1 }
        }
        #expect(codes)
    }

    @Test func `a key knows the Base64 of its codes and no other text`() {
        for algorithm in HashAlgorithm.allCases {
            let key = HMACKey(Array("Jefe".utf8), algorithm: algorithm)
            let message = Array("what do ya want for nothing?".utf8)
            let text = Base64.encode(key.code(of: message))
            for split in [0, 1, 17, message.count] {
                let (head, tail) = (Array(message[..<split]), Array(message[split...]))
                #expect(key.matches(head, tail, base64: text[...]))
                #expect(!key.matches(tail, head, base64: text[...]) || head.isEmpty || tail.isEmpty)
            }
            for index in text.indices {
                var other = text
                other[index] ^= 1
                #expect(!key.matches(message, [], base64: other[...]))
            }
            #expect(!key.matches(message, [], base64: text.dropLast()))
            #expect(!key.matches(message, [], base64: (text + [0x3d])[...]))
            #expect(!key.matches(message, [], base64: []))
        }
    }

    @Test func `a digest in pieces is the digest of the whole`() {
        var digest = SHA256()
        digest.update(Array("a".utf8))
        // A copy goes its own way, and asking does not end the digest.
        var other = digest
        #expect(digest.prefix != SHA256().prefix)
        digest.update(Array("xbcx".utf8).dropFirst().dropLast())
        #expect(digest.prefix == (0xba78_16bf_8f01_cfea, 0x4141_40de_5dae_2223))
        other.update(0x6263_6465 as UInt32)
        let whole = hexadecimal(SHA256.digest(Array("abcde".utf8)))
        let first = String(other.prefix.0, radix: 16)
        #expect(whole.hasPrefix(first) && first.utf8.count == 16)
    }

    /// FIPS 180-4 example of one block, and of the empty message.
    @Test func `SHA-256 gives the published digests`() {
        #expect(
            hexadecimal(SHA256.digest(Array("abc".utf8)))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            hexadecimal(SHA256.digest([]))
                == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    /// RFC 4648, section 10.
    @Test func `Base64 gives the texts of RFC 4648`() {
        let texts = ["", "f", "fo", "foo", "foob", "fooba", "foobar"].map {
            String(decoding: Base64.encode(Array($0.utf8)), as: UTF8.self)
        }
        #expect(texts == ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"])
    }

    @Test func `constant-time comparison tells equal, different and longer apart`() {
        #expect(ConstantTime.equal([1, 2, 3], [1, 2, 3]))
        #expect(!ConstantTime.equal([1, 2, 3], [1, 2, 4]))
        #expect(!ConstantTime.equal([1, 2, 3], [1, 2]))
        #expect(!ConstantTime.equal([1, 2], [1, 2, 3]))
        #expect(ConstantTime.equal([], []))
    }
}

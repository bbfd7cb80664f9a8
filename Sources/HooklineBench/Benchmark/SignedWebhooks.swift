import Curl
import OpenSSL
import POSIX

/// Webhooks that were signed ahead, so that sending one costs no more than copying it.
///
/// All are one message but for its SID, which is the run's own prefix and the number; only the
/// signatures are kept, 28 bytes each. A value of this is bounded by `countMax`.
struct SignedWebhooks: Sendable {
    /// At most so many: 56 MB of signatures.
    static let countMax = 2_000_000

    private let signer: TestRequestSigner
    private let prefix: String
    private let body: PatchedText
    private var signatures: [UInt8] = []
    private let signatureBytes = 28

    /// Signs so many webhooks.
    init(count: Int, message: TestMessageOptions, signer: TestRequestSigner) {
        self.signer = signer
        prefix = (message.media ? "MM" : "SM") + Hexadecimal.text(RandomBytes.make(8))
        let sample = prefix + Self.digits(0)
        let test = TestMessage(message, sid: sample)
        body = PatchedText(test.parameters.encoded, holding: sample)
        var signed = PatchedText(
            signer.signedURL + test.parameters.signedSuffix, holding: sample)
        signatures.reserveCapacity(count * signatureBytes)
        for index in 0..<count {
            signed.patch(sid(index))
            signatures += signer.signature(ofSigned: signed.bytes)
        }
    }

    /// How many there are.
    var count: Int { signatures.count / signatureBytes }

    /// The `MessageSid` of one.
    func sid(_ index: Int) -> String { prefix + Self.digits(index) }

    /// The request of one.
    func request(_ index: Int) -> TransferRequest {
        let sid = sid(index)
        var body = body
        body.patch(sid)
        let start = index * signatureBytes
        return signer.request(
            sid: sid, body: body.bytes,
            signature: Array(signatures[start..<start + signatureBytes]))
    }

    private static func digits(_ index: Int) -> String {
        let digits = String(index, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
}

/// Bytes that hold a text of fixed length in some places, which can be replaced by another.
struct PatchedText: Sendable {
    /// The bytes now.
    private(set) var bytes: [UInt8]
    private let places: [Int]

    /// Finds the places that hold the text.
    init(_ bytes: [UInt8], holding text: String) {
        let wanted = Array(text.utf8)
        var places: [Int] = []
        var from = 0
        while let found = bytes[from...].firstRange(of: wanted) {
            places.append(found.lowerBound)
            from = found.upperBound
        }
        self.bytes = bytes
        self.places = places
    }

    /// Writes a text of the same length into every place.
    mutating func patch(_ text: String) {
        for place in places {
            var index = place
            for byte in text.utf8 {
                bytes[index] = byte
                index += 1
            }
        }
    }
}

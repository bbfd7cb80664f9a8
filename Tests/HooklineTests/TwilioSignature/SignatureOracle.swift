import Foundation
import OpenSSL
import TestSupport
import TwilioSignature

@testable import Hookline

/// One request and what Twilio's own Python library says of it.
struct OracleCase {
    var token: [UInt8]
    var url: [UInt8]
    /// A media type, or `GET`.
    var kind: String
    var body: [UInt8]
    var signature: String
    var verdict: String

    /// Our verdict on the same request.
    func verify() throws -> SignatureVerdict {
        let slashes = url.firstRange(of: Array("://".utf8))?.upperBound ?? 0
        let pathStart = url[slashes...].firstIndex(of: UInt8(ascii: "/")) ?? url.count
        let target = Array(url[pathStart...])
        let content = try RequestContent(
            method: kind == "GET" ? .get : .post, target: target,
            contentType: kind == "GET" ? nil : Array(kind.utf8)[...], body: body,
            parametersMax: 100)
        let request = SignedRequest(
            origin: url[..<pathStart], target: target[...], body: body,
            parameters: content.signedParameters, isBodyless: content.isBodyless,
            signature: Array(signature.utf8)[...])
        return WebhookSignature.verify(request, keys: [HMACKey(token)])
    }

    init?(_ fields: [Substring]) {
        guard fields.count == 6 else { return nil }
        token = Self.bytes(fields[0])
        url = Self.bytes(fields[1])
        kind = String(decoding: Self.bytes(fields[2]), as: UTF8.self)
        body = Self.bytes(fields[3])
        signature = String(fields[4])
        verdict = String(fields[5])
    }

    private static func bytes(_ hexadecimal: Substring) -> [UInt8] {
        let digits = Array(hexadecimal.utf8).map { $0 <= 0x39 ? $0 - 0x30 : $0 - 0x61 + 10 }
        return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}

/// Runs an oracle: a program in Python on top of the package `twilio` of PyPI.
enum SignatureOracle {
    private static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent()
    private static let root = folder.deletingLastPathComponent().deletingLastPathComponent()

    /// What it prints, each line split at its tabs.
    static func lines(
        _ arguments: [String], of script: String = "twilio_signature.py", input: [UInt8] = []
    ) throws -> [[Substring]] {
        let script = folder.appendingPathComponent("Oracles/\(script)").path
        let python = root.appendingPathComponent(".venv/bin/python").path
        let result = try ChildProcess.run(python, [script] + arguments, input: input)
        guard result.status == 0 else { throw ChildProcess.Failure(result.errors) }
        return result.output.split(separator: "\n").map {
            $0.split(separator: "\t", omittingEmptySubsequences: false)
        }
    }
}

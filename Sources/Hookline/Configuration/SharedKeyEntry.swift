import OpenSSL
import Yams

/// A SharedKey as the tokens file writes it: `{key: …, algorithm: HMAC_SHA256, secret: …}`.
struct SharedKeyEntry: Sendable {
    /// The id that requests name.
    let id: [UInt8]
    /// The algorithm that Twilio was told to sign with.
    let algorithm: HashAlgorithm
    /// What Twilio showed once when the key was made.
    let secret: Secret

    /// Reads a mapping; a fault is told without the secret.
    init(_ mapping: Node.Mapping) throws(TokensFileError) {
        var values: [String: String] = [:]
        for (key, value) in mapping {
            values[key.scalar?.string ?? ""] = value.scalar?.string ?? ""
        }
        guard Set(values.keys) == ["key", "algorithm", "secret"] else {
            throw TokensFileError(
                description: "a SharedKey has exactly key, algorithm and secret")
        }
        guard let id = values["key"], let secret = values["secret"], TokensFile.isToken(secret),
            TokensFile.isToken(id), !id.contains(",")
        else {
            throw TokensFileError(description: "a SharedKey's key or secret is empty or has spaces")
        }
        switch values["algorithm"] {
        case "HMAC_SHA1": algorithm = .sha1
        case "HMAC_SHA256": algorithm = .sha256
        default:
            throw TokensFileError(
                description: "a SharedKey's algorithm is HMAC_SHA1 or HMAC_SHA256")
        }
        self.id = Array(id.utf8)
        self.secret = Secret(secret.utf8)
    }
}

import POSIX
import Yams

/// Why a tokens file cannot be used; never holds a token.
struct TokensFileError: Error, Sendable, CustomStringConvertible {
    let description: String
}

/// The tokens file: YAML, account SID or `*` to a list of Auth Tokens, the primary first, and of
/// SharedKeys.
package enum TokensFile {
    /// What one account, or `*`, is given.
    struct Keys: Sendable {
        /// Auth Tokens, the primary first.
        var tokens: [Secret] = []
        /// SharedKeys in the order of the file.
        var sharedKeys: [SharedKeyEntry] = []
    }

    /// A file has at most this many bytes.
    static let bytesMax = 1 << 20

    /// Reads a file.
    static func load(path: String) throws(TokensFileError) -> [String: Keys] {
        let root: Node?
        do {
            guard let bytes = try Folder.read(path, bytesMax: bytesMax) else {
                throw TokensFileError(description: "\(path): there is no such file")
            }
            root = try Yams.compose(yaml: String(decoding: bytes, as: UTF8.self))
        } catch let error as TokensFileError {
            throw error
        } catch let error as POSIXError {
            throw TokensFileError(description: "\(path) cannot be read: \(error.message)")
        } catch {
            // The parser's own words could quote a token.
            throw TokensFileError(description: "\(path) is not YAML")
        }
        guard let mapping = root?.mapping, !mapping.isEmpty else {
            throw TokensFileError(
                description: "\(path) has no `account SID: [token, …]` lines")
        }
        var accounts: [String: Keys] = [:]
        for (key, value) in mapping {
            let place = "\(path), line \(key.mark?.line ?? 0)"
            let account = key.scalar?.string ?? ""
            guard account == "*" || AccountSID.isValid(account.utf8) else {
                throw TokensFileError(
                    description: "\(place): the key is neither * nor an account SID "
                        + "(AC and 32 hexadecimal digits)")
            }
            do {
                accounts[account] = try keys(value.sequence.map { Array($0) } ?? [value])
            } catch {
                throw TokensFileError(description: "\(place): \(error.description)")
            }
        }
        return accounts
    }

    /// The entries of one account: a text is an Auth Token, a mapping a SharedKey.
    private static func keys(_ entries: [Node]) throws(TokensFileError) -> Keys {
        var keys = Keys()
        for entry in entries {
            if let mapping = entry.mapping {
                keys.sharedKeys.append(try SharedKeyEntry(mapping))
            } else if let text = entry.scalar?.string, isToken(text) {
                keys.tokens.append(Secret(text.utf8))
            } else {
                throw TokensFileError(description: "the value is not a list of Auth Tokens")
            }
        }
        guard !entries.isEmpty else {
            throw TokensFileError(description: "the value is not a list of Auth Tokens")
        }
        return keys
    }

    /// A token has no white space and is not empty: an empty key would verify anything signed
    /// with an empty key.
    package static func isToken(_ text: some StringProtocol) -> Bool { isToken(bytes: text.utf8) }

    /// The same of a token's bytes.
    package static func isToken(bytes: some Collection<UInt8>) -> Bool {
        !bytes.isEmpty && bytes.allSatisfy { $0 > 0x20 && $0 < 0x7f }
    }
}

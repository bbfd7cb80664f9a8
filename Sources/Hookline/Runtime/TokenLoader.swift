import OpenSSL
import POSIX

/// Loads the tokens that the configuration names.
struct TokenLoader {
    private let configuration: Configuration
    private let paths: DataFolder.Paths

    init(_ configuration: Configuration, _ paths: DataFolder.Paths) {
        self.configuration = configuration
        self.paths = paths
    }

    /// The tokens of the environment apply to every account that the file does not name.
    func load() throws(StartupError) -> TokenTable {
        var table = TokenTable()
        table.anyAccount = try keys(configuration.authTokens)
        if configuration.development {
            table.anyAccount = try keys([Secret(developmentToken())])
        }
        guard let path = configuration.tokensFile else { return table }
        let accounts: [String: TokensFile.Keys]
        do {
            accounts = try TokensFile.load(path: path)
        } catch {
            throw .tokens("--tokens-file: \(error)")
        }
        for (account, listed) in accounts {
            if account == "*" {
                table.anyAccount += try keys(listed.tokens)
                table.sharedKeys.anyAccount = try sharedKeys(listed.sharedKeys)
            } else {
                table.byAccount[Array(account.utf8)] = try keys(listed.tokens)
                table.sharedKeys.byAccount[Array(account.utf8)] = try sharedKeys(
                    listed.sharedKeys)
            }
        }
        return table
    }

    private func keys(_ tokens: [Secret]) throws(StartupError) -> [HMACKey] {
        do throws(OpenSSLError) {
            var keys: [HMACKey] = []
            for token in tokens { keys.append(try HMACKey(token.bytes)) }
            return keys
        } catch {
            throw .resources("\(error)")
        }
    }

    private func sharedKeys(
        _ entries: [SharedKeyEntry]
    ) throws(StartupError) -> [[UInt8]: SharedKey] {
        do throws(OpenSSLError) {
            var keys: [[UInt8]: SharedKey] = [:]
            for entry in entries {
                keys[entry.id] = try SharedKey(secret: entry.secret, algorithm: entry.algorithm)
            }
            return keys
        } catch {
            throw .resources("\(error)")
        }
    }

    /// The throw-away token: made once, kept in the data folder so that `hookline send` finds it.
    private func developmentToken() throws(StartupError) -> [UInt8] {
        do {
            if let kept = try Folder.read(paths.developmentToken, bytesMax: 64),
                kept.count >= 32
            {
                return Array(kept.prefix(32))
            }
            let token = Hexadecimal.bytes(RandomBytes.make(16))
            try Folder.write(token, to: paths.developmentToken)
            return token
        } catch {
            throw .dataFolder(path: paths.developmentToken, reason: error.message)
        }
    }
}

import OpenSSL
import POSIX

/// Loads the tokens that the configuration names.
struct TokenLoader {
    private let configuration: Configuration
    private let paths: DataFolderPaths

    init(_ configuration: Configuration, _ paths: DataFolderPaths) {
        self.configuration = configuration
        self.paths = paths
    }

    /// The tokens of the environment apply to every account that the file does not name.
    func load() throws(StartupError) -> TokenTable {
        var table = TokenTable()
        table.anyAccount = keys(configuration.authTokens)
        if configuration.development {
            table.anyAccount = keys([Secret(try developmentToken())])
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
                table.anyAccount += keys(listed.tokens)
                table.sharedKeys.anyAccount = sharedKeys(listed.sharedKeys)
            } else {
                table.byAccount[Array(account.utf8)] = keys(listed.tokens)
                table.sharedKeys.byAccount[Array(account.utf8)] = sharedKeys(
                    listed.sharedKeys)
            }
        }
        return table
    }

    private func keys(_ tokens: [Secret]) -> [HMACKey] { tokens.map { HMACKey($0.bytes) } }

    private func sharedKeys(_ entries: [SharedKeyEntry]) -> [[UInt8]: SharedKey] {
        var keys: [[UInt8]: SharedKey] = [:]
        for entry in entries {
            keys[entry.id] = SharedKey(secret: entry.secret, algorithm: entry.algorithm)
        }
        return keys
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

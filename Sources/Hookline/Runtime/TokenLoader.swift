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
        let accounts: [String: [Secret]]
        do {
            accounts = try TokensFile.load(path: path)
        } catch {
            throw .tokens("--tokens-file: \(error)")
        }
        for (account, tokens) in accounts {
            if account == "*" {
                table.anyAccount += try keys(tokens)
            } else {
                table.byAccount[Array(account.utf8)] = try keys(tokens)
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

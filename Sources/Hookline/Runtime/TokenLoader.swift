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
        table.anyAccount = configuration.authTokens.map { HMACKey($0.bytes) }
        if configuration.development { table.anyAccount = [HMACKey(try developmentToken())] }
        if let path = configuration.tokensFile {
            do {
                for (account, tokens) in try TokensFile.load(path: path) {
                    let keys = tokens.map { HMACKey($0.bytes) }
                    if account == "*" {
                        table.anyAccount += keys
                    } else {
                        table.byAccount[Array(account.utf8)] = keys
                    }
                }
            } catch {
                throw .tokens("--tokens-file: \(error)")
            }
        }
        return table
    }

    /// The throw-away token: made once, kept in the data folder so that `hookline send` finds it.
    private func developmentToken() throws(StartupError) -> [UInt8] {
        do {
            if let kept = try AppendOnlyFile.contents(of: paths.developmentToken, bytesMax: 64),
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

import Hookline
import POSIX

/// Where `hookline send` takes the token that it signs with.
public struct TestTokenSource: Sendable {
    private let environmentToken: String?
    /// The data folder of a server on this machine.
    let dataDirectory: String

    /// `TWILIO_AUTH_TOKEN` goes first; without it the throw-away token of a `--dev` server.
    public init(environment: [String: String], dataDirectory: String?) {
        environmentToken = environment[ConfigurationLoader.tokenVariable]
        self.dataDirectory =
            dataDirectory ?? environment["HOOKLINE_DATA_DIR"] ?? Configuration().dataDirectory
    }

    /// The token; of several the first.
    func token() throws(TestSenderError) -> Secret {
        if let text = environmentToken {
            let first = text.split(separator: ",").first ?? ""
            guard TokensFile.isToken(first) else {
                throw .token("\(ConfigurationLoader.tokenVariable) holds no Auth Token")
            }
            return Secret(first.utf8)
        }
        let path = DataFolderPaths(folder: dataDirectory).developmentToken
        do {
            if let kept = try Folder.read(path, bytesMax: 64), !kept.isEmpty {
                return Secret(kept.prefix(32))
            }
        } catch {
            throw .token("cannot read \(path): \(error.message)")
        }
        throw .token(
            "there is no token to sign with: set \(ConfigurationLoader.tokenVariable), or start "
                + "`hookline serve --dev` and name its folder with --data-dir (looked for \(path))")
    }
}

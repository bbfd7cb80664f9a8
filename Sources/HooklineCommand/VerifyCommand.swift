import ArgumentParser
import Foundation
import Hookline

/// `hookline verify`.
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Says whether a request's signature matches, and if not, what would.",
        discussion:
            "The request comes from options (--url, --signature, and a body), from the quarantine "
            + "of a running server (--quarantined), or else as it went over the wire on standard "
            + "input. Tokens and settings are those of serve. Exit status 0 when the signature "
            + "matches, 1 when it does not, 2 for wrong usage.\n\n"
            + SettingOptions.discussion)

    @Option(help: ArgumentHelp("The URL that Twilio called.", valueName: "url"))
    var url: String?

    @Option(help: ArgumentHelp("The value of X-Twilio-Signature.", valueName: "text"))
    var signature: String?

    @Option(help: ArgumentHelp("The body.", valueName: "text"))
    var body: String?

    @Option(help: ArgumentHelp("A file with the body.", valueName: "path"))
    var bodyFile: String?

    @Option(
        name: .customLong("param"),
        help: ArgumentHelp(
            "A parameter of a form, in place of a body; may be repeated.", valueName: "name=value"))
    var parameters: [String] = []

    @Option(
        help: ArgumentHelp("The body's type; a form if none is given.", valueName: "type"))
    var contentType: String?

    @Option(
        help: ArgumentHelp(
            "The value of X-Twilio-Webhooks-Signature-Settings.", valueName: "text"))
    var signatureSettings: String?

    @Option(
        help: ArgumentHelp(
            "A request in the quarantine of the server that serves from --data-dir.",
            valueName: "id"))
    var quarantined: Int64?

    @Flag(help: "One JSON object instead of text.")
    var json = false

    @OptionGroup var settings: SettingOptions

    func validate() throws {
        let bodies = [body != nil, bodyFile != nil, !parameters.isEmpty].count { $0 }
        if bodies > 1 {
            throw ValidationError("give one of --body, --body-file and --param")
        }
        if let parameter = parameters.first(where: { !$0.contains("=") }) {
            throw ValidationError("--param: \"\(parameter)\" is not name=value")
        }
        let isDescribed =
            bodies > 0 || signature != nil || contentType != nil || signatureSettings != nil
        if quarantined != nil && (url != nil || isDescribed) {
            throw ValidationError("--quarantined is a whole request: give no other part of one")
        }
        if url == nil && isDescribed {
            throw ValidationError("a request that is described by options needs --url")
        }
        if url != nil && signature == nil {
            throw ValidationError("--url needs --signature, the value of X-Twilio-Signature")
        }
    }

    func run() throws {
        if url == nil && quarantined == nil && isatty(STDIN_FILENO) == 1 {
            throw ValidationError(
                "give --url and --signature, --quarantined, or a request on standard input")
        }
        let configuration = try settings.load(needsOrigin: url == nil).configuration
        let report: SignatureReport
        do {
            report = try SignatureCheck(configuration).examine(try captured(configuration))
        } catch let error as CapturedRequest.Fault {
            throw ValidationError(error.description)
        } catch let error as StartupError {
            throw Terminal.failure([error.description])
        } catch let error as AdminError {
            throw Terminal.failure([error.description])
        }
        Terminal.data(json ? report.json : report.text)
        if !report.isMatch { throw ExitCode(1) }
    }

    private func captured(_ configuration: Configuration) throws -> CapturedRequest {
        if let quarantined {
            return try AdminClient(dataDirectory: configuration.dataDirectory)
                .capture(quarantined: quarantined)
        }
        guard let url, let signature else {
            let input = try FileHandle.standardInput.read(
                upToCount: CapturedRequest.rawBytesMax + 1)
            return try CapturedRequest(raw: Array(input ?? Data()))
        }
        return try CapturedRequest(
            url: url, body: try bodyBytes(), signature: signature, contentType: contentType,
            signatureSettings: signatureSettings)
    }

    private func bodyBytes() throws -> [UInt8] {
        if let body { return Array(body.utf8) }
        if let bodyFile {
            guard let data = FileManager.default.contents(atPath: bodyFile) else {
                throw ValidationError("--body-file: cannot read \(bodyFile)")
            }
            return Array(data)
        }
        return CapturedRequest.form(
            parameters.map { text in
                let parts = text.split(
                    separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
            })
    }
}

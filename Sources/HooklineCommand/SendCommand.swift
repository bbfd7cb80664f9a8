import ArgumentParser
import Foundation
import Hookline
import HooklineBench

/// `hookline send`.
struct SendCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send",
        abstract: "Signs test webhooks as Twilio would and posts them.",
        discussion:
            "Signs with TWILIO_AUTH_TOKEN, or else with the throw-away token of a server that "
            + "runs with --dev. Exit status 1 when an answer is not the expected one: 200 with "
            + "text/xml, or 403 with --bad-signature.")

    @Argument(help: ArgumentHelp("Where to post.", valueName: "url"))
    var url: String?

    @Option(help: ArgumentHelp("The same as an option.", valueName: "url"))
    var to: String?

    @Option(
        help: ArgumentHelp("The URL to sign, if a proxy changes it on the way.", valueName: "url"))
    var signedURL: String?

    @Option(help: "Whose webhooks to send; docs/twilio-products.md says what each holds.")
    var product = TestProduct.messaging

    @Option(help: "Number of webhooks.")
    var count = 1

    @Option(help: "Most webhooks under way at the same time.")
    var connections = 8

    @Flag(help: "Send messages with a picture, which are forwarded first (messaging only).")
    var media = false

    @Flag(help: "Send each webhook twice, as Twilio does when it retries.")
    var duplicate = false

    @Flag(help: "Sign with a token that nobody has.")
    var badSignature = false

    @Option(
        help: ArgumentHelp(
            "Send status callbacks with this MessageStatus, such as delivered, instead of messages "
                + "(messaging only).",
            valueName: "callback"))
    var status: String?

    @Option(help: ArgumentHelp("The AccountSid.", valueName: "sid"))
    var account: String?

    @Option(
        help: ArgumentHelp(
            "The message's text (messaging, conversations and event-streams).", valueName: "text"))
    var body: String?

    @Option(
        name: .customLong("data-dir"),
        help: ArgumentHelp(
            "Where the throw-away token is (HOOKLINE_DATA_DIR, default ./hookline-data).",
            valueName: "path"))
    var dataDirectory: String?

    @Flag(help: "One JSON object instead of text.")
    var json = false

    func validate() throws {
        _ = try Target.one(of: url, to)
        guard (1...1_000_000).contains(count) else {
            throw ValidationError("--count: \(count) is not from 1 to 1000000")
        }
        guard (1...1024).contains(connections) else {
            throw ValidationError("--connections: \(connections) is not from 1 to 1024")
        }
        if product != .messaging {
            if media { throw ValidationError("--media goes with --product messaging only") }
            if status != nil {
                throw ValidationError("--status goes with --product messaging only")
            }
        }
        if body != nil && !product.hasText {
            throw ValidationError("--body: a webhook of \(product.rawValue) has no text")
        }
    }

    func run() throws {
        let source = TestTokenSource(
            environment: ProcessInfo.processInfo.environment, dataDirectory: dataDirectory)
        let report: TestSendReport
        do {
            report = try TestSender(options, tokens: source).run()
        } catch {
            throw Terminal.failure([error.description])
        }
        Terminal.data(json ? report.json : report.text)
        if !report.isAsExpected { throw ExitCode(1) }
    }

    private var options: TestSender.Options {
        var options = TestSender.Options(url: url ?? to ?? "")
        options.signedURL = signedURL
        options.product = product
        options.count = count
        options.connections = connections
        options.duplicate = duplicate
        options.badSignature = badSignature
        options.message.media = media
        options.message.status = status
        if let account { options.message.accountSID = account }
        if let body { options.message.text = body }
        return options
    }
}

extension TestProduct: ExpressibleByArgument {}

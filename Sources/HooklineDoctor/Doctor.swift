import Hookline
import POSIX
import TwilioAPI

/// Why nothing could be examined.
public struct DoctorFault: Error, Sendable, CustomStringConvertible {
    /// One sentence for people.
    public let description: String
}

/// Compares what is configured at Twilio with what is configured here.
public struct Doctor: Sendable {
    /// What is looked at.
    public struct Options: Sendable {
        /// Numbers that have to lead here whatever is entered, with `+`.
        public var numbers: [String] = []
        /// How far back Twilio's log of errors is read, in milliseconds.
        public var errorMilliseconds: Int64 = 86_400_000
        /// Asks the public URL from here.
        public var asksPublicURL = true

        /// The usual look.
        public init() {}
    }

    private let configuration: Configuration
    private let expected: ExpectedWebhooks
    private let api: APIOptions
    private let account: String
    private let options: Options

    /// Throws what is missing from the configuration.
    public init(_ configuration: Configuration, _ options: Options) throws(DoctorFault) {
        guard let expected = ExpectedWebhooks(configuration) else {
            throw DoctorFault(
                description: "--public-url: is missing: without it nobody knows what to enter at "
                    + "Twilio")
        }
        self.expected = expected
        self.configuration = configuration
        self.options = options
        do throws(StartupError) {
            api = try configuration.twilioAPI()
        } catch {
            throw DoctorFault(description: error.description)
        }
        account = configuration.twilio.account ?? ""
    }

    /// Looks at everything; reads only.
    public func examine() throws(DoctorFault) -> DoctorReport {
        var report = DoctorReport(publicURL: configuration.publicURL ?? "")
        if options.asksPublicURL { report.add("this Hookline", [Reachability.finding(expected)]) }
        let setup: TwilioSetup
        do throws(APIFault) {
            setup = try TwilioSetup(reading: api, account: account)
        } catch {
            guard case .refused(let refusal) = error, refusal.isAboutCaller else {
                throw DoctorFault(description: error.description)
            }
            report.add("account \(account)", [credentials(refusal)])
            return report
        }
        for account in setup.accounts { try examine(account, in: setup, &report) }
        for service in setup.services { examine(service, &report) }
        for sender in setup.senders { examine(sender, &report) }
        if let conversations = setup.conversations { examine(conversations, &report) }
        readErrors(&report)
        report.add(
            "not read",
            setup.unread.map { .note("\($0.what): \($0.fault)") })
        return report
    }

    private func credentials(_ refusal: APIRefusal) -> Finding {
        let isKey = api.credentials.isKey
        return .wrong(
            isKey ? .credentials : .token,
            isKey
                ? "Twilio refuses the API key (\(refusal)): look whether it is this account's and "
                    + "whether its secret is right"
                : "the Auth Token that is configured here is not this account's (\(refusal)): copy "
                    + "it from the Twilio console, because webhooks are checked with it")
    }

    private func examine(
        _ account: TwilioSetup.Account, in setup: TwilioSetup, _ report: inout DoctorReport
    ) throws(DoctorFault) {
        let exam = NumberExam(expected: expected, setup: setup, account: account)
        var sections: [(String, [Finding])] = []
        var leadsHere = account.account.sid == self.account
        for number in account.numbers {
            let isWanted = options.numbers.contains(number.phoneNumber)
            let findings = exam.findings(number, isWanted: isWanted)
            leadsHere = leadsHere || findings.contains { $0.verdict != .note }
            sections.append(("number \(number.phoneNumber) (\(number.sid))", findings))
        }
        if leadsHere {
            report.add(
                "account \(account.account.sid) (\(account.account.friendlyName))",
                [try token(of: account.account)])
        }
        for section in sections { report.add(section.0, section.1) }
    }

    /// Whether webhooks of an account will match: a token that Twilio takes as the account's
    /// password is one that it signs with.
    private func token(of account: AccountResource) throws(DoctorFault) -> Finding {
        let tokens: [Secret]
        do throws(StartupError) {
            let configured = try configuration.configuredTokens()
            tokens = configured.accounts[account.sid] ?? configured.others
        } catch {
            throw DoctorFault(description: error.description)
        }
        guard !tokens.isEmpty else {
            return .note("its Auth Token comes from a program or from Redis, and is not tried here")
        }
        for token in tokens {
            var options = api
            options.credentials = APICredentials(user: account.sid, password: token.bytes)
            do throws(APIFault) {
                var client = try APIClient(options)
                _ = try client.ask(.account(account.sid))
                return .right("an Auth Token that is configured here is this account's")
            } catch {
                guard case .refused(let refusal) = error, refusal.status == 401 else {
                    return .note("its Auth Token cannot be tried: \(error)")
                }
            }
        }
        guard account.ownerSID == account.sid else {
            return .wrong(
                .subaccount,
                "it is a sub-account, and no Auth Token that is configured here is its own, so its "
                    + "webhooks are refused: add `\(account.sid): [token]` to --tokens-file")
        }
        return .wrong(
            .token,
            "no Auth Token that is configured here is this account's, so its webhooks are refused: "
                + "copy it from the Twilio console")
    }

    private func examine(_ service: MessagingServiceResource, _ report: inout DoctorReport) {
        guard !service.usesNumbersURL else { return }
        let exam = WebhookExam(
            expected: expected, messageURL: expected.sms, target: .service(sid: service.sid),
            names: WebhookExam.Names(
                url: "InboundRequestUrl", method: "InboundMethod", fallback: "FallbackUrl",
                status: "StatusCallback"))
        let findings = exam.findings(
            WebhookExam.Entered(
                url: service.inboundRequestURL, method: service.inboundMethod,
                fallback: service.fallbackURL, status: service.statusCallback), isWanted: false)
        report.add("messaging service \(service.friendlyName) (\(service.sid))", findings)
    }

    private func examine(_ sender: SenderResource, _ report: inout DoctorReport) {
        let exam = WebhookExam(
            expected: expected, messageURL: expected.whatsApp, target: .sender(sid: sender.sid),
            names: WebhookExam.Names(
                url: "callback_url", method: "callback_method", fallback: "fallback_url",
                status: "status_callback_url"))
        let number = sender.senderID.split(separator: ":").last.map(String.init) ?? ""
        let findings = exam.findings(
            WebhookExam.Entered(
                url: sender.callbackURL, method: sender.callbackMethod,
                fallback: sender.fallbackURL, status: sender.statusCallbackURL),
            isWanted: options.numbers.contains(number) || options.numbers.contains(sender.senderID))
        let current = [
            "callback_url": sender.callbackURL, "callback_method": sender.callbackMethod,
            "fallback_url": sender.fallbackURL, "status_callback_url": sender.statusCallbackURL,
            "status_callback_method": sender.statusCallbackMethod,
        ].compactMapValues { $0 }
        report.add(
            "WhatsApp sender \(sender.senderID) (\(sender.sid))",
            findings.map { finding in
                var finding = finding
                finding.change?.current = current
                return finding
            })
    }

    private func examine(
        _ conversations: ConversationsResource, _ report: inout DoctorReport
    ) {
        var findings: [Finding] = []
        switch expected.place(of: conversations.postWebhookURL) {
        case .none, .elsewhere: break
        case .here: findings.append(.right("events go to \(conversations.postWebhookURL ?? "")"))
        default:
            findings.append(
                .wrong(
                    .path,
                    "events go to \(conversations.postWebhookURL ?? ""), which is not one of "
                        + "this Hookline's routes: enter the public URL and a path of `routes`"))
        }
        if case .here = expected.place(of: conversations.preWebhookURL) {
            findings.append(
                .note(
                    "Twilio waits for the answer to what it calls before an event: Hookline's lets "
                        + "everything pass"))
        }
        report.add("Conversations", findings)
    }

    private func readErrors(_ report: inout DoctorReport) {
        do throws(APIFault) {
            var client = try APIClient(api)
            report.errors = try AlertSum.read(
                &client, since: WallClock.nowMilliseconds() - options.errorMilliseconds)
        } catch {
            report.add("Twilio's errors", [.note("they cannot be read: \(error)")])
        }
    }

    /// Changes at Twilio what the report says can be changed; each resource once. Says what was
    /// changed, and throws at the first that Twilio refuses.
    public func fix(
        _ report: DoctorReport, each: (String) -> Void = { _ in }
    ) throws(DoctorFault) {
        do throws(APIFault) {
            var client = try APIClient(api)
            for change in report.changes {
                _ = try client.ask(change.call)
                each(change.description)
            }
        } catch {
            throw DoctorFault(description: error.description)
        }
    }
}

import TwilioAPI

/// Looks at one number: what counts for it, and whether that leads here.
struct NumberExam {
    let expected: ExpectedWebhooks
    let setup: TwilioSetup
    let account: TwilioSetup.Account

    /// The findings; `isWanted` says that it has to lead here.
    func findings(_ number: PhoneNumberResource, isWanted: Bool) -> [Finding] {
        var findings = messages(number, isWanted: isWanted)
        switch expected.place(of: number.voiceURL) {
        case .none, .elsewhere, .unreadable: break
        default:
            findings.append(
                .wrong(
                    .voice,
                    "calls are answered by \(number.voiceURL ?? ""): Twilio waits for TwiML there, "
                        + "and Hookline's empty answer hangs up; enter your application's own URL"))
        }
        return findings
    }

    private func messages(_ number: PhoneNumberResource, isWanted: Bool) -> [Finding] {
        guard number.takesMessages else { return [.note("this number takes no messages")] }
        if let service = service(of: number), !service.usesNumbersURL {
            return overriding(service, number)
        }
        if let sid = number.smsApplicationSID { return overriding(applicationSID: sid, number) }
        let exam = WebhookExam(
            expected: expected, messageURL: expected.sms, target: target(number),
            names: WebhookExam.Names(
                url: "SmsUrl", method: "SmsMethod", fallback: "SmsFallbackUrl",
                status: "StatusCallback", statusMethod: "StatusCallbackMethod"))
        return exam.findings(
            WebhookExam.Entered(
                url: number.smsURL, method: number.smsMethod, fallback: number.smsFallbackURL,
                status: number.statusCallback, statusMethod: number.statusCallbackMethod),
            isWanted: isWanted)
    }

    private func overriding(
        _ service: MessagingServiceResource, _ number: PhoneNumberResource
    ) -> [Finding] {
        let name = "the messaging service \(service.friendlyName) (\(service.sid))"
        switch expected.place(of: service.inboundRequestURL) {
        case .here, .tunnel, .otherOrigin, .otherPath, .unreadable:
            // Looked at where the service is.
            return [.note("\(name) says what is called for messages")]
        case .none where !isHere(number):
            return [.note("\(name) drops messages: it calls no URL")]
        case .elsewhere(let host) where !isHere(number):
            return [.note("\(name) sends messages to \(host), not to this Hookline")]
        case .none:
            return [
                .wrong(
                    .serviceSilent,
                    "\(name) drops messages, whatever is entered for the number: let it use the "
                        + "number's URL (defer to sender's webhook)", change: deferring(service))
            ]
        case .elsewhere(let host):
            return [
                .wrong(
                    .service,
                    "\(name) sends messages to \(host), whatever is entered for the number: let it "
                        + "use the number's URL (defer to sender's webhook)",
                    change: deferring(service))
            ]
        }
    }

    private func deferring(_ service: MessagingServiceResource) -> TwilioChange {
        TwilioChange(
            target: .service(sid: service.sid), values: ["UseInboundWebhookOnNumber": "true"])
    }

    private func overriding(
        applicationSID sid: String, _ number: PhoneNumberResource
    ) -> [Finding] {
        let application = account.applications.first { $0.sid == sid }
        let name = "the TwiML application \(application?.friendlyName ?? "") (\(sid))"
        if case .here = expected.place(of: application?.smsURL) {
            return [.right("\(name) sends messages to \(application?.smsURL ?? "")")]
        }
        guard isHere(number) else {
            return [.note("\(name) says what is called for messages, and it is not this Hookline")]
        }
        return [
            .wrong(
                .application,
                "\(name) says what is called for messages, whatever the number says: take the "
                    + "application from the number",
                change: TwilioChange(target: target(number), values: ["SmsApplicationSid": ""]))
        ]
    }

    /// True when what is entered for the number itself leads here.
    private func isHere(_ number: PhoneNumberResource) -> Bool {
        if case .here = expected.place(of: number.smsURL) { true } else { false }
    }

    private func service(of number: PhoneNumberResource) -> MessagingServiceResource? {
        let sid = setup.serviceOfNumber[number.sid]
        return setup.services.first { $0.sid == sid }
    }

    private func target(_ number: PhoneNumberResource) -> TwilioChange.Target {
        .number(sid: number.sid, account: number.accountSID)
    }
}

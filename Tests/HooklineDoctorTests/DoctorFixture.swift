import Hookline
import TestSupport

@testable import HooklineDoctor

/// A stand-in for Twilio with a number that is entered as it should be, and this configuration.
struct DoctorFixture {
    static let publicURL = "https://hooks.example.com/twilio"
    static let sms = publicURL + "/webhook/sms#rc=3&rp=all"
    static let whatsApp = publicURL + "/webhook/whatsapp#rc=3&rp=all"
    static let status = publicURL + "/webhook/status#rc=3&rp=all"
    static let other = "https://bot.example.org/sms"

    let twilio: TwilioStandIn
    var configuration = Configuration()
    var options = Doctor.Options()

    init() throws {
        twilio = try TwilioStandIn()
        configuration.publicURL = Self.publicURL
        configuration.authTokens = [Secret("12345".utf8)]
        configuration.twilio.account = TwilioStandIn.account
        configuration.twilio.url = twilio.url
        options.asksPublicURL = false
    }

    /// As it should be entered.
    static let good: TwilioRow = [
        "sms_url": .text(sms), "sms_fallback_url": .text(sms), "status_callback": .text(status),
    ]

    /// Adds a number that is right but for some things; its SID.
    @discardableResult
    func addNumber(
        _ changes: TwilioRow = [:], number: String = "+15550100",
        account: String = TwilioStandIn.account
    ) -> String {
        twilio.with {
            $0.rows.addNumber(number, account: account, Self.good.merging(changes) { $1 })
        }
    }

    func examine() throws -> DoctorReport { try Doctor(configuration, options).examine() }

    /// Changes what can be changed, and looks again.
    func fixed(_ report: DoctorReport) throws -> DoctorReport {
        let doctor = try Doctor(configuration, options)
        try doctor.fix(report)
        return try doctor.examine()
    }

    /// What the stand-in has of the first number.
    var number: TwilioRow { twilio.with { $0.rows.numbers[0] } }
}

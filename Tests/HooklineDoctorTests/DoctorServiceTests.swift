import Hookline
import TestSupport
import Testing

@testable import HooklineDoctor

/// What counts in place of a number's own URLs: messaging services, applications, senders.
@Suite(.timeLimit(.minutes(20))) struct DoctorServiceTests {
    @Test func `a messaging service that overrides the number is named, and made to defer`() throws
    {
        let fixture = try DoctorFixture()
        let sid = fixture.addNumber()
        fixture.twilio.with { state in
            _ = state.rows.addService(
                "Pool", pool: [sid], ["inbound_request_url": .text(DoctorFixture.other)])
        }
        let report = try fixture.examine()
        #expect(report.mistakes == [.service])
        #expect(report.text.contains("the messaging service Pool"))
        #expect(report.text.contains("sends messages to bot.example.org"))
        #expect(try fixture.fixed(report).mistakes == [])
        let service = fixture.twilio.with { $0.rows.services[0] }
        #expect(service["use_inbound_webhook_on_number"] == true)
        #expect(service["inbound_request_url"] == .text(DoctorFixture.other))
    }

    @Test func `a messaging service that drops messages is named`() throws {
        let fixture = try DoctorFixture()
        let sid = fixture.addNumber()
        fixture.twilio.with { _ = $0.rows.addService("Pool", pool: [sid]) }
        let report = try fixture.examine()
        #expect(report.mistakes == [.serviceSilent])
        #expect(try fixture.fixed(report).mistakes == [])
    }

    @Test func `a messaging service that leads here is looked at in place of its numbers`() throws {
        let fixture = try DoctorFixture()
        let sid = fixture.addNumber(["sms_url": "", "sms_fallback_url": ""])
        fixture.twilio.with { state in
            _ = state.rows.addService(
                "Pool", pool: [sid],
                ["inbound_request_url": .text(DoctorFixture.sms), "inbound_method": "GET"])
        }
        let report = try fixture.examine()
        #expect(report.mistakes == [.method, .fallbackMissing])
        #expect(try fixture.fixed(report).mistakes == [])
        #expect(
            fixture.twilio.with { $0.rows.services[0]["fallback_url"]?.text } == DoctorFixture.sms)
    }

    @Test func `an application that overrides the number is named, and taken away`() throws {
        let fixture = try DoctorFixture()
        fixture.addNumber(["sms_application_sid": "AP1"])
        fixture.twilio.with { state in
            state.rows.applications = [
                ["sid": "AP1", "friendly_name": "Old", "sms_url": .text(DoctorFixture.other)]
            ]
        }
        let report = try fixture.examine()
        #expect(report.mistakes == [.application])
        #expect(try fixture.fixed(report).mistakes == [])
        fixture.addNumber(["sms_application_sid": "AP1"], number: "+15550101")
        fixture.twilio.with { $0.rows.applications[0]["sms_url"] = .text(DoctorFixture.sms) }
        #expect(try fixture.examine().mistakes == [])
    }

    @Test func `a WhatsApp sender is fixed and keeps what was right`() throws {
        let fixture = try DoctorFixture()
        fixture.twilio.with { state in
            state.rows.senders = [
                [
                    "sid": "XE1", "sender_id": "whatsapp:+15550100",
                    "webhook": .row([
                        "callback_url": "https://old.ngrok.io/", "callback_method": "POST",
                        "fallback_url": .text(DoctorFixture.other),
                        "status_callback_url": .text(DoctorFixture.whatsApp),
                        "status_callback_method": "POST",
                    ]),
                ]
            ]
        }
        let report = try fixture.examine()
        #expect(report.mistakes == [.tunnel, .statusCallback])
        #expect(report.text.contains(DoctorFixture.whatsApp))
        #expect(try fixture.fixed(report).mistakes == [])
        let webhook: TwilioRow = [
            "callback_url": .text(DoctorFixture.whatsApp), "callback_method": "POST",
            "fallback_url": .text(DoctorFixture.other),
            "status_callback_url": .text(DoctorFixture.status), "status_callback_method": "POST",
        ]
        #expect(fixture.twilio.with { $0.rows.senders[0]["webhook"] } == .row(webhook))
    }
}

import Foundation
import TestSupport
import Testing

/// A webhook is owed and the token that proved it is gone.
extension EndToEnd {
    @Suite struct UnsignedForwardingTests {
        @Test func `what is owed to an account without a token goes unsigned, and the log says so`()
            throws
        {
            let (application, folder) = (try Application(), try TemporaryFolder())
            application.answer(.init(500))
            let other = "AC" + String(repeating: "b", count: 32)
            try folder.write("\(TwilioCall.account): [\(Receiver.token)]\n", to: "tokens")
            let receiver = try Receiver(
                [
                    "--forward-to", application.url, "--tokens-file", folder.path("tokens"),
                    "--retry-initial", "20ms", "--retry-cap", "50ms",
                ], authToken: nil)
            #expect(
                try TwilioCall(["MessageSid": "SM1", "AccountSid": TwilioCall.account])
                    .send(to: receiver) == 200)
            #expect(eventually { application.requests.count >= 2 })
            #expect(!receiver.log.contains("forwarded without X-Twilio-Signature"))
            try folder.write("\(other): [another-token]\n", to: "tokens")
            receiver.process.signal(SIGHUP)
            #expect(eventually { receiver.log.contains("forwarded without X-Twilio-Signature") })
            application.answer(.init(200))
            #expect(eventually { application.taken == ["SM1"] })
            let heads = application.requests.map(\.headText)
            let name = "\r\nX-Twilio-Signature: "
            #expect(heads.first?.contains(name) == true && heads.last?.contains(name) == false)
            #expect(
                try receiver.metrics().sum("errors_total", #""token_source""#) >= 1)
        }
    }
}

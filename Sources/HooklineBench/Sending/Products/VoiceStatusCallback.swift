import Hookline
import POSIX

/// The status callback of a call (https://www.twilio.com/docs/voice/api/call-resource, the
/// parameters of StatusCallback).
enum VoiceStatusCallback {
    /// An outbound call that has ended: the last of the four events that can be asked for.
    static func webhook(_ options: TestMessageOptions) -> TestWebhook {
        TestWebhook(form: [
            ("CallSid", RandomID.sid("CA")), ("AccountSid", options.accountSID),
            ("From", number(options.to)), ("To", number(options.from)),
            ("CallStatus", "completed"), ("ApiVersion", "2010-04-01"),
            ("Direction", "outbound-api"), ("CallDuration", "49"),
            ("Timestamp", Timestamp.mail(milliseconds: WallClock.nowMilliseconds())),
            ("CallbackSource", "call-progress-events"), ("SequenceNumber", "3"),
        ])
    }

    /// An address without the channel that precedes its number.
    private static func number(_ address: String) -> String {
        String(address.drop { $0 != "+" })
    }
}

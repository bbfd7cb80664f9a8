import MicroHTTP
import POSIX
import TwilioSignature

/// Which header fields of Twilio's request the application gets as they came.
///
/// `User-Agent`, what Twilio named for itself, and the marks of other Hooklines; nothing that is
/// about this connection only, and not the signature, which is made anew for the application's URL.
enum PassedFields {
    /// Bytes of all of them together; a field that there is no room for is left out.
    static let bytesMax = 4096
    /// `I-Twilio-Idempotency-Token`, in lower case.
    static let idempotencyToken: StaticString = "i-twilio-idempotency-token"

    /// The fields of a request that are passed on, as lines; without the idempotency token, which
    /// is kept by itself.
    static func lines(of fields: HTTPFields) -> [UInt8] {
        fields.lines(bytesMax: bytesMax, where: isPassed)
    }

    /// The lines apart, without their line feeds.
    static func split(_ lines: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        lines.split(separator: UInt8(ascii: "\n"))
    }

    /// The name of a line's field is `User-Agent`.
    static func isUserAgent(_ line: ArraySlice<UInt8>) -> Bool {
        line.prefix(11).equalsIgnoringCase("user-agent:")
    }

    private static func isPassed(_ name: Span<UInt8>) -> Bool {
        guard name.count >= 10 else { return false }
        switch name[0] | 0x20 {
        case UInt8(ascii: "h"): return name.equalsIgnoringCase(InstallationMarks.field)
        case UInt8(ascii: "u"): return name.equalsIgnoringCase("user-agent")
        case UInt8(ascii: "x"):
            if name.equalsIgnoringCase("x-home-region") { return true }
            return name.count > 9 && name.extracting(..<9).equalsIgnoringCase("x-twilio-")
                && !name.equalsIgnoringCase("x-twilio-signature")
                && !name.equalsIgnoringCase(SigningScheme.field)
        case UInt8(ascii: "i"):
            return name.count > 9 && name.extracting(..<9).equalsIgnoringCase("i-twilio-")
                && !name.equalsIgnoringCase(idempotencyToken)
        default: return false
        }
    }
}

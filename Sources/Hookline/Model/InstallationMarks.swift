import MicroHTTP
import OpenSSL
import POSIX

/// By what a Hookline knows a request that it has forwarded itself.
///
/// Each Hookline on the way of a message leaves its mark in a line of `Hookline-Via`, and passes
/// on the lines of those before it. So two of them may stand behind each other, and a way that
/// leads back to one of them is seen there. Any thread.
struct InstallationMarks: Sendable {
    /// The name of the field.
    static let field: StaticString = "hookline-via"

    /// This process's own.
    private let own: [UInt8]
    /// What all machines of one shared queue have in common; nil when there is none, or it is not
    /// known yet.
    private let shared: @Sendable () -> [UInt8]?

    /// A mark like no other. `shared` is read with each request that is forwarded.
    init(shared: @escaping @Sendable () -> [UInt8]? = { nil }) {
        own = Hexadecimal.bytes(RandomBytes.make(8))
        self.shared = shared
    }

    /// The value of the field in a request that is forwarded.
    var value: [UInt8] {
        guard let common else { return own }
        return own + Array(", ".utf8) + common
    }

    /// True for a request that this Hookline, or another one on its shared queue, has forwarded.
    /// One without the field costs a look at the fields' names.
    func isOwn(_ request: HTTPRequest) -> Bool {
        let fields = request.fields
        guard fields.count(of: Self.field) > 0 else { return false }
        let marks = [own, common].compactMap(\.self)
        return (0..<fields.count).contains { index in
            guard fields.name(at: index).equalsIgnoringCase("hookline-via") else { return false }
            return fields.value(at: index).split { $0 == UInt8(ascii: ",") || $0 == 0x20 }
                .contains { mark in marks.contains { $0.elementsEqual(mark) } }
        }
    }

    /// What names a shared queue is not for everybody's eyes.
    private var common: [UInt8]? {
        shared().map { Hexadecimal.bytes(SHA256.digest(Array("via ".utf8) + $0).prefix(8)) }
    }
}

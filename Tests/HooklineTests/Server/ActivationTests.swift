import POSIX
import Testing

@testable import Hookline

/// Which inherited socket serves which listener.
@Suite struct ActivationTests {
    private let listen = ListenAddress(host: "0.0.0.0", port: 8080)
    private let opsListen = ListenAddress(host: "localhost", port: 9464)

    private func socket(
        _ descriptor: Int32, _ name: String?, _ address: [UInt8] = [0, 0, 0, 0],
        _ port: UInt16 = 8080
    ) -> InheritedSocket {
        InheritedSocket(descriptor: descriptor, name: name, address: address, port: port)
    }

    private func fault(_ sockets: [InheritedSocket], ops: ListenAddress?) -> String {
        do {
            _ = try Activation(sockets, listen: listen, opsListen: ops)
            return ""
        } catch { return error.description }
    }

    @Test func `a name says what a socket is for, wherever it is bound`() throws {
        let ops = socket(3, "ops", [10, 0, 0, 1], 1)
        let webhooks = socket(4, "webhooks", [UInt8](repeating: 0, count: 16), 443)
        let activation = try Activation([ops, webhooks], listen: listen, opsListen: opsListen)
        #expect(activation.webhooks == webhooks && activation.operations == ops)
        #expect(Activation.text(webhooks) == "[::]:443")
    }

    @Test func `a socket without a name of ours is told by its address`() throws {
        let webhooks = socket(3, "hookline.socket")
        let ops = socket(4, nil, [127, 0, 0, 1], 9464)
        let activation = try Activation([webhooks, ops], listen: listen, opsListen: opsListen)
        #expect(activation.webhooks == webhooks && activation.operations == ops)
    }

    @Test func `without sockets each listener binds its own`() throws {
        let activation = try Activation([], listen: listen, opsListen: nil)
        #expect(activation.webhooks == nil && activation.operations == nil)
    }

    @Test func `a socket that fits nothing or is one too many is an error`() {
        #expect(
            fault([socket(3, nil, [10, 0, 0, 1])], ops: opsListen)
                .contains("descriptor 3 (10.0.0.1:8080) is neither --listen nor --ops-listen"))
        #expect(
            fault([socket(3, nil, [0, 0, 0, 0], 8081)], ops: opsListen).contains("is neither"))
        #expect(
            fault([socket(3, "webhooks"), socket(4, nil)], ops: opsListen)
                .contains("descriptors 3 and 4 are both for webhooks"))
        #expect(fault([socket(3, "ops")], ops: nil).contains("--ops-listen is \"same\""))
    }
}

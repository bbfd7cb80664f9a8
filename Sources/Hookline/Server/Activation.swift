import POSIX

/// The listening sockets that a supervisor such as systemd handed over, by what they are for.
///
/// A name says it (`webhooks`, `ops`; `FileDescriptorName=` of a socket unit). A socket with
/// another name is told by its address, which is then that of `--listen` or `--ops-listen`.
struct Activation: Equatable {
    /// Takes webhooks in place of `--listen`; nil when none was handed over.
    private(set) var webhooks: InheritedSocket?
    /// Serves metrics and status in place of `--ops-listen`; nil when none was handed over.
    private(set) var operations: InheritedSocket?

    /// Looks at what was handed over, or says what is wrong with it.
    init(_ configuration: Configuration) throws(StartupError) {
        do {
            try self.init(
                try InheritedSockets.take(), listen: configuration.listen,
                opsListen: configuration.opsListen)
        } catch let fault as InheritedSocketFault {
            throw .activation(fault.description)
        } catch let error as StartupError {
            throw error
        } catch {
            throw .activation("\(error)")
        }
    }

    /// Says what each socket is for.
    init(
        _ sockets: [InheritedSocket], listen: ListenAddress, opsListen: ListenAddress?
    ) throws(StartupError) {
        for socket in sockets {
            switch socket.name {
            case "webhooks": try put(socket, at: \.webhooks, "webhooks")
            case "ops": try put(socket, at: \.operations, "ops")
            case _ where Self.isBound(socket, to: listen):
                try put(socket, at: \.webhooks, "webhooks")
            case _ where opsListen.map({ Self.isBound(socket, to: $0) }) == true:
                try put(socket, at: \.operations, "ops")
            default:
                throw .activation(
                    "descriptor \(socket.descriptor) (\(Self.text(socket))) is neither --listen "
                        + "nor --ops-listen; name it with FileDescriptorName=webhooks or ops")
            }
        }
        if let operations, opsListen == nil {
            throw .activation(
                "descriptor \(operations.descriptor) is for ops, but --ops-listen is \"same\"; "
                    + "give it an address or leave the socket out")
        }
    }

    private mutating func put(
        _ socket: InheritedSocket, at place: WritableKeyPath<Activation, InheritedSocket?>,
        _ name: String
    ) throws(StartupError) {
        if let taken = self[keyPath: place] {
            throw .activation(
                "descriptors \(taken.descriptor) and \(socket.descriptor) are both for \(name); "
                    + "one is wanted, such as ListenStream= with a port alone")
        }
        self[keyPath: place] = socket
    }

    private static func isBound(_ socket: InheritedSocket, to listen: ListenAddress) -> Bool {
        let host = listen.host == "localhost" ? "127.0.0.1" : listen.host
        return socket.port == listen.port && NetworkAddress.bytes(of: host) == socket.address
    }

    /// The address of a socket, as it is written.
    static func text(_ socket: InheritedSocket) -> String {
        ListenAddress(host: host(socket), port: socket.port).description
    }

    /// The host of a socket, as it is written.
    static func host(_ socket: InheritedSocket) -> String {
        NetworkAddress.text(of: socket.address) ?? ""
    }
}

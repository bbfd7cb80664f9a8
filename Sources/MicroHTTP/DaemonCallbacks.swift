import CMicroHTTPD
import Glibc

/// The C functions that libmicrohttpd calls, all on the loop's thread, inside `MHD_run`.
///
/// A slot's number travels through libmicrohttpd as a pointer value, one more than the number;
/// nothing is allocated for a request and nothing has to be freed.
enum DaemonCallbacks {
    /// A connection begins or ends.
    static let connectionChanged: MHD_NotifyConnectionCallback = {
        context, connection, socketContext, code in
        LoopCore.with(context) { core in
            guard let connection, let socketContext else { return }
            if code == .CONNECTION_NOTIFY_STARTED {
                socketContext.pointee = pointer(core.connected(connection))
            } else {
                if let slot = slot(socketContext.pointee) { core.closed(slot) }
                socketContext.pointee = nil
            }
        }
    }

    /// A request begins; what this returns becomes its context.
    static let requestLine:
        @convention(c) (
            UnsafeMutableRawPointer?, UnsafePointer<CChar>?, OpaquePointer?
        ) -> UnsafeMutableRawPointer? = { _, _, connection in
            connection.flatMap(hookline_mhd_socket_context)
        }

    /// There is a request, or it waits for its answer.
    static let access: MHD_AccessHandlerCallback = {
        context, connection, _, _, _, _, _, request in
        LoopCore.with(context) { core in
            guard let connection, let slot = slot(request?.pointee) else { return .NO }
            switch core.table[slot].phase {
            case .complete:
                // An answer at the first call makes libmicrohttpd close the connection.
                core.table[slot].phase = .asked
                return .YES
            case .asked: return core.requestComplete(slot, connection)
            case .answered: return core.sendAnswer(slot, connection)
            case .held: return core.stillHeld(slot, connection)
            case .handling, .suspended, .replying: return .YES
            // It was not read here: libmicrohttpd received it past `RequestFeed`.
            case .free, .idle, .head, .body: return .NO
            }
        } ?? .NO
    }

    /// A request ended, with its reply handed to the kernel or without.
    static let requestCompleted: MHD_RequestCompletedCallback = { context, _, request, code in
        LoopCore.with(context) { core in
            guard let slot = slot(request?.pointee) else { return }
            core.requestEnded(slot, sent: code == .REQUEST_TERMINATED_COMPLETED_OK)
        }
    }

    /// A message of libmicrohttpd: fixed text, formatted with numbers and names of its own.
    static let log: MHD_LogCallback = { context, format, arguments in
        LoopCore.with(context) { core in
            guard let format, let arguments else { return }
            var buffer = [CChar](repeating: 0, count: 512)
            vsnprintf(&buffer, buffer.count, format, arguments)
            let text = buffer.prefix { $0 != 0 && $0 != 0x0a }.map { UInt8(bitPattern: $0) }
            core.handler.engineMessage(
                String(decoding: text, as: UTF8.self), loop: core.options.number)
        }
    }

    private static func slot(_ value: UnsafeMutableRawPointer?) -> Int32? {
        guard let value else { return nil }
        return Int32(Int(bitPattern: value) - 1)
    }

    private static func pointer(_ slot: Int32?) -> UnsafeMutableRawPointer? {
        guard let slot else { return nil }
        return UnsafeMutableRawPointer(bitPattern: Int(slot) + 1)
    }
}

extension LoopCore {
    /// Calls `body` with the loop behind a callback's context; nil without one. The loop outlives
    /// its daemon, so no reference to it is counted here.
    static func with<Result>(
        _ context: UnsafeMutableRawPointer?, _ body: (LoopCore) -> Result?
    ) -> Result? {
        guard let context else { return nil }
        return Unmanaged<LoopCore>.fromOpaque(context)._withUnsafeGuaranteedRef(body)
    }
}

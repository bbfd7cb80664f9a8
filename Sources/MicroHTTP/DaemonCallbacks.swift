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

    /// A request line is complete; what this returns becomes the request's context.
    static let requestLine:
        @convention(c) (
            UnsafeMutableRawPointer?, UnsafePointer<CChar>?, OpaquePointer?
        ) -> UnsafeMutableRawPointer? = { context, target, connection in
            LoopCore.with(context) { core in
                guard let connection, let target else { return nil }
                let value = hookline_mhd_socket_context(connection)
                guard let slot = slot(value) else { return nil }
                core.requestLine(slot, target)
                return value
            }
        }

    /// The head is complete, or a piece of the body is there, or the request is complete.
    static let access: MHD_AccessHandlerCallback = {
        context, connection, _, method, version, upload, uploadBytes, request in
        LoopCore.with(context) { core in
            guard let connection, let method, let version, let uploadBytes,
                let slot = slot(request?.pointee)
            else { return .NO }
            switch core.table[slot].phase {
            case .head:
                return core.headComplete(slot, connection, method: method, version: version)
            case .body:
                guard uploadBytes.pointee > 0 else {
                    return core.requestComplete(slot, connection)
                }
                let piece = UnsafeRawBufferPointer(start: upload, count: uploadBytes.pointee)
                // Always consumed whole: 0.9.75 can forget a connection that leaves some.
                uploadBytes.pointee = 0
                return core.bodyPiece(slot, piece)
            case .answered:
                return core.sendAnswer(slot, connection)
            case .held:
                return core.stillHeld(slot, connection)
            case .free, .idle, .handling, .suspended, .replying, .cutShort:
                return .YES
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
            core.engineMessage(String(decoding: text, as: UTF8.self))
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

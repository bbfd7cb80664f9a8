public import SimulatedDisk

/// A disk in memory, for databases of SQLite: it loses what was not synced when the power is cut,
/// and fails when it is told to. Two disks of one seed that see the same calls do the same.
///
/// Confined to one thread, as every connection to a database on it.
public final class Disk {
    /// Calls that can fail.
    public struct Calls: OptionSet, Sendable {
        /// The bits of `DISK_OPEN` and its like.
        public let rawValue: UInt32
        /// Calls of these bits.
        public init(rawValue: UInt32) { self.rawValue = rawValue }
        private init(_ kind: Int) { rawValue = UInt32(kind) }

        /// Opening a file.
        public static let open = Self(DISK_OPEN)
        /// Reading a part of a file.
        public static let read = Self(DISK_READ)
        /// Writing a part of a file.
        public static let write = Self(DISK_WRITE)
        /// Making a file shorter.
        public static let truncate = Self(DISK_TRUNCATE)
        /// Waiting until a file, or its folder, is on the disk.
        public static let sync = Self(DISK_SYNC)
        /// Asking for a file's size.
        public static let size = Self(DISK_SIZE)
        /// Removing a file.
        public static let delete = Self(DISK_DELETE)
        /// Asking whether a file is there.
        public static let access = Self(DISK_ACCESS)
        /// Locking a file.
        public static let lock = Self(DISK_LOCK)
        /// Mapping the index of a log.
        public static let map = Self(DISK_MAP)
        /// All of these.
        public static let all = Self(DISK_ALL)
    }

    /// What happens to a call.
    public enum Fault: CaseIterable, Sendable {
        /// EIO. Some of a write may be done; some of what a failed sync was to save is lost.
        case fails
        /// ENOSPC for a write, EIO for others.
        case isFull
        /// The process is killed in this call.
        case stops
        /// One bit of what is read or written is wrong.
        case flips

        fileprivate var code: Int32 {
            switch self {
            case .fails: Int32(DISK_FAILS)
            case .isFull: Int32(DISK_IS_FULL)
            case .stops: Int32(DISK_STOPS)
            case .flips: Int32(DISK_FLIPS)
            }
        }
    }

    private let handle: OpaquePointer
    private var onSync: () -> Void = {}

    /// An empty disk.
    public init(seed: UInt64 = 1) { handle = disk_create(seed) }

    deinit { disk_destroy(handle) }

    /// What SQLite opens to reach a file of it; its name begins with `/`.
    public func path(_ name: String) -> String {
        "file:\(name)?vfs=\(String(cString: disk_name(handle)))"
    }

    // MARK: Faults

    /// The chances of faults from now on.
    public var rates = disk_rates() {
        didSet { disk_set_rates(handle, rates) }
    }

    /// How many bytes fit.
    public var capacity = UInt64.max {
        didSet { disk_set_capacity(handle, capacity) }
    }

    /// What SQLite's `julianday('now')` says: milliseconds since the epoch.
    public var wallMilliseconds: Int64 = 0 {
        didSet { disk_set_time(handle, wallMilliseconds) }
    }

    /// How many bytes there are.
    public var used: UInt64 { disk_used(handle) }

    /// The call number `call` from now on, of these kinds, meets a fault; with `persistent` so
    /// does every later one. Counting begins again.
    public func fail(
        at call: UInt64, of kinds: Calls = .all, _ fault: Fault = .fails, persistent: Bool = false
    ) {
        disk_fail_at(handle, call, kinds.rawValue, fault.code, persistent)
    }

    /// No more of that; counts calls of these kinds from now on.
    public func count(_ kinds: Calls = .all) { disk_fail_at(handle, 0, kinds.rawValue, 0, false) }

    /// Calls since counting began.
    public var calls: UInt64 { disk_calls(handle) }

    /// True when the fault that was asked for has happened.
    public var hasFailed: Bool { disk_has_failed(handle) }

    /// Is called at the beginning of each sync of a file. It must not use the same connection.
    public func onSync(_ call: @escaping () -> Void) {
        onSync = call
        disk_on_sync(
            handle,
            { context in
                guard let context else { return }
                Unmanaged<Disk>.fromOpaque(context).takeUnretainedValue().onSync()
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    /// Flips bits of one byte of a file; false when it has no such byte.
    public func damage(_ name: String, at offset: Int, mask: UInt8 = 1) -> Bool {
        disk_damage(handle, name, offset, mask)
    }

    // MARK: The ends of a process

    /// The process that uses the disk is gone: nothing works until `restart` or `cutPower`.
    public func stop() { disk_stop(handle) }

    /// True until then; also when a fault has ended the process.
    public var isStopped: Bool { disk_is_stopped(handle) }

    /// Another process begins, with everything that was written. No connection may be left.
    public func restart() { disk_restart(handle) }

    /// The power goes and comes back: of what was not synced each sector is there with a chance
    /// of `keep` thousandths. No connection may be left.
    public func cutPower(keep: UInt32) { disk_cut_power(handle, keep) }

    // MARK: Files

    /// The size of a file, nil when there is none.
    public func size(_ name: String) -> Int? {
        let size = disk_size(handle, name)
        return size < 0 ? nil : Int(size)
    }

    /// The bytes of a file, nil when there is none.
    public func bytes(_ name: String) -> [UInt8]? {
        guard let size = size(name) else { return nil }
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            count = disk_peek(handle, name, 0, buffer.baseAddress, size)
        }
    }

    /// Appends to a file; false when it failed.
    public func append(_ bytes: [UInt8], to name: String) -> Bool {
        bytes.withUnsafeBytes { disk_append(handle, name, $0.baseAddress, $0.count) == 0 }
    }

    /// Removes a file; false when it failed.
    public func remove(_ name: String) -> Bool { disk_remove(handle, name) == 0 }

    /// Gives a file that nobody has open another name, at once and durably; false when there is
    /// none.
    @discardableResult
    public func rename(_ name: String, to other: String) -> Bool {
        disk_rename(handle, name, other)
    }

    /// Makes names durable; false when it failed.
    public func syncFolder() -> Bool { disk_sync_folder(handle) == 0 }
}

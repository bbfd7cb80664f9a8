import POSIX

/// What protects tokens and messages from others on the machine, and what was found wrong with it.
struct ProtectionNotice {
    private let repairs: [Folder.Repair]
    private let coreDumps: Bool

    /// Forbids images of the memory, unless they are asked for.
    init(_ repairs: [Folder.Repair], _ configuration: Configuration) {
        self.repairs = repairs
        coreDumps = configuration.coreDumps
    }

    func write(to log: Log) {
        for repair in repairs {
            log.write(
                LogLine(.warning, "others could use this; now its owner only can")
                    .with("path", repair.path).with("mode", String(repair.mode, radix: 8)))
        }
        if coreDumps {
            log.write(
                LogLine(
                    .warning,
                    "a crash may leave an image of the memory, with tokens and "
                        + "messages in it (--core-dumps)"))
        } else if !ProcessProtection.forbidCoreDumps() {
            log.write(
                LogLine(.warning, "the system does not let images of the memory be forbidden"))
        }
        if ProcessProtection.isRoot {
            log.write(
                LogLine(.warning, "runs as root: a user of its own needs the data folder only"))
        }
    }
}

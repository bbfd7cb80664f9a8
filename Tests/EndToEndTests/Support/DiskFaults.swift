import TestSupport

/// Makes the receiver's disk slow or failing; see Tests/DiskFaults.
final class DiskFaults {
    /// Holds the receiver's data folder, the control file and the shadow.
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.write("", to: "faults")
        _ = try ChildProcess.run("mkdir", [folder.path("shadow")])
    }

    /// What the receiver has to be started with.
    var environment: [String: String] {
        [
            "LD_PRELOAD": Repository.diskFaults, "DISK_FAULTS": folder.path("faults"),
            "DISK_FAULTS_FOLDER": folder.path("data"),
            "DISK_FAULTS_SHADOW": folder.path("shadow"),
        ]
    }

    /// Every sync takes so long from now on; one that has begun is not changed.
    func delay(milliseconds: Int) throws { try folder.write("delay \(milliseconds)", to: "faults") }

    /// Every sync fails with EIO from now on.
    func fail() throws { try folder.write("error", to: "faults") }

    /// No faults from now on.
    func mend() throws { try folder.write("", to: "faults") }
}

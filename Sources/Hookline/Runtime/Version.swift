/// This program's version.
public enum Version {
    /// By https://semver.org.
    public static let current = "0.1.0"
}

import CBuild

/// The state of the sources that this program was compiled from.
public enum SourceRevision {
    /// 12 hexadecimal digits of the commit, then `-dirty` if the sources differed from it;
    /// `unknown` for a build without the variable `BUILD_REVISION`, which `make build` sets from
    /// `scripts/revision`.
    public static let current = String(cString: hookline_revision())
}

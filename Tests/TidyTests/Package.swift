// swift-tools-version: 6.3
import PackageDescription

/// The tidy tests by themselves, for `make check`: they read the repository and import nothing of
/// it, so they need none of it built.
let package = Package(
    name: "tidy",
    targets: [
        .testTarget(
            name: "TidyTests", path: ".",
            swiftSettings: [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)])
    ]
)

// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "hookline-benchmarks",
    targets: [
        .executableTarget(name: "bare", linkerSettings: [.linkedLibrary("microhttpd")])
    ]
)

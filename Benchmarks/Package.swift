// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "hookline-benchmarks",
    targets: [
        .executableTarget(name: "bare", linkerSettings: [.linkedLibrary("microhttpd")]),
        // The product's own sources, through a link: a path may not leave the package.
        .target(name: "Prometheus"),
        .executableTarget(name: "instruments", dependencies: ["Prometheus"]),
    ]
)

// swift-tools-version: 6.3
import PackageDescription

let package = Package(
    name: "hookline-benchmarks",
    targets: [
        .executableTarget(name: "bare", linkerSettings: [.linkedLibrary("microhttpd")]),
        // The product's own sources, through links: a path may not leave the package.
        .target(name: "Prometheus"),
        .systemLibrary(name: "CDeflate"),
        .target(name: "Deflate", dependencies: ["CDeflate"]),
        .executableTarget(name: "instruments", dependencies: ["Prometheus", "Deflate"]),
    ]
)

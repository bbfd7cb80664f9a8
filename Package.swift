// swift-tools-version: 6.3
import PackageDescription

/// Settings of every Swift target: language mode 6, warnings are errors.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
]

/// Settings of the layers above the wrappers: pointers end in layer 2, so `unsafe` never appears
/// here.
let strictAndPointerFree: [SwiftSetting] = strict + [.strictMemorySafety()]

/// Tells `hookline version` the revision of the sources: `scripts/revision`, by `make build`. Only
/// one file of C sees it, so that a new commit compiles nothing else.
let revision: [CSetting] =
    Context.environment["BUILD_REVISION"]
    .map {
        [
            .define(
                "HOOKLINE_REVISION",
                to: "\"\($0.filter { $0.isLetter || $0.isNumber || $0 == "-" })\"")
        ]
    } ?? []

let package = Package(
    name: "hookline",
    products: [
        .executable(name: "hookline", targets: ["HooklineCommand"]),
        // Checks and makes Twilio's signature; for other programs too.
        .library(name: "TwilioSignature", targets: ["TwilioSignature"]),
        // Loaded into the receiver by end-to-end tests; never installed.
        .library(name: "DiskFaults", type: .dynamic, targets: ["DiskFaults"]),
        .library(name: "ClockSteps", type: .dynamic, targets: ["ClockSteps"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", exact: "0.2.0"),
    ],
    targets: [
        // Layer 1: C modules. A module map and a shim for what Swift cannot import (variadics and
        // macros).
        .systemLibrary(name: "CMicroHTTPD"),
        .systemLibrary(name: "CSQLite"),
        .systemLibrary(name: "CHiredis"),
        .systemLibrary(name: "CCurl"),
        .systemLibrary(name: "COpenSSL"),
        .systemLibrary(name: "CDeflate"),
        .systemLibrary(name: "CExpat"),
        .systemLibrary(name: "CMalloc"),
        .target(name: "CBuild", cSettings: revision),
        // Stands in for `recv`, so that what libmicrohttpd receives is read by us first.
        .target(name: "CReceive"),

        // Layer 2: one Swift wrapper for each library. They know nothing of Twilio and nothing of
        // each other.
        .target(
            name: "MicroHTTP", dependencies: ["CMicroHTTPD", "CReceive"],
            swiftSettings: strict),
        .target(name: "SQLite", dependencies: ["CSQLite"], swiftSettings: strict),
        .target(name: "Redis", dependencies: ["CHiredis"], swiftSettings: strict),
        .target(name: "Curl", dependencies: ["CCurl"], swiftSettings: strict),
        .target(name: "OpenSSL", dependencies: ["COpenSSL"], swiftSettings: strict),
        .target(name: "Deflate", dependencies: ["CDeflate"], swiftSettings: strict),
        .target(name: "Expat", dependencies: ["CExpat"], swiftSettings: strict),
        .target(name: "POSIX", dependencies: ["CMalloc"], swiftSettings: strict),
        .target(name: "Build", dependencies: ["CBuild"], swiftSettings: strict),
        .target(name: "Prometheus", swiftSettings: strict),

        // Layer 3: what Twilio signs. It sees bytes and keys: no configuration, metric or queue.
        .target(
            name: "TwilioSignature", dependencies: ["OpenSSL", "POSIX"],
            swiftSettings: strictAndPointerFree),

        // Layer 3: what an application's answer says. It reads bytes and fetches nothing.
        .target(name: "TwiML", dependencies: ["Expat"], swiftSettings: strictAndPointerFree),

        // Layer 3: the client of Twilio's REST API. Nothing else knows a URL of Twilio's.
        .target(
            name: "TwilioAPI", dependencies: ["Curl", "OpenSSL", "POSIX"],
            swiftSettings: strictAndPointerFree),

        // Layer 3: everything that knows what a webhook, a delivery or an alert is.
        .target(
            name: "Hookline",
            dependencies: [
                "TwilioSignature", "TwilioAPI", "TwiML", "MicroHTTP", "SQLite", "Redis", "Curl",
                "OpenSSL",
                "Deflate",
                "POSIX", "Prometheus",
                "Build",
                .product(name: "Yams", package: "Yams"),
            ],
            // The status page, compiled in.
            resources: [
                .embedInCode("Telemetry/Status/status.html"),
                .embedInCode("Telemetry/Status/status.css"),
                .embedInCode("Telemetry/Status/status.js"),
            ],
            swiftSettings: strictAndPointerFree),

        // Layer 4: test webhooks and load. No part of the server.
        .target(
            name: "HooklineBench",
            dependencies: [
                "Hookline", "TwilioSignature", "Curl", "OpenSSL", "POSIX",
                .product(name: "Histogram", package: "hdrhistogram-swift"),
            ],
            swiftSettings: strictAndPointerFree),

        // Layer 4: what is configured at Twilio against what is configured here. No part of the
        // server.
        .target(
            name: "HooklineDoctor", dependencies: ["Hookline", "TwilioAPI", "Curl", "POSIX"],
            swiftSettings: strictAndPointerFree),

        // Layer 5: the commands.
        .executableTarget(
            name: "HooklineCommand",
            dependencies: [
                "Hookline", "HooklineBench", "HooklineDoctor",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strictAndPointerFree,
            // A webhook is allocated on one thread and freed on another (docs/dependencies.md).
            // Debug builds keep the C library's allocator, which sanitizers and valgrind know.
            linkerSettings: [.linkedLibrary("jemalloc", .when(configuration: .release))]),

        // What several test targets share: child processes, temporary folders, raw clients.
        .target(
            name: "TestSupport", dependencies: ["ProxyTrap", "SimulatedDisk"],
            path: "Tests/TestSupport", exclude: ["http-corpus.txt"],
            swiftSettings: strict),
        // Proxies in the environment of every test, which nothing may ask.
        .target(name: "ProxyTrap", path: "Tests/ProxyTrap"),

        .target(name: "DiskFaults", path: "Tests/DiskFaults"),
        // A disk in memory with a VFS of SQLite, which fails and loses power when told to.
        .target(
            name: "SimulatedDisk", dependencies: ["CSQLite"], path: "Tests/SimulatedDisk"),
        .target(name: "ClockSteps", path: "Tests/ClockSteps"),

        // What hostile bytes are put through: by HooklineTests, and by libFuzzer (scripts/fuzz).
        .target(
            name: "Fuzz", dependencies: ["Hookline", "TwilioSignature", "MicroHTTP", "OpenSSL"],
            path: "Tests/Fuzz",
            exclude: ["words.dict", "seeds"],
            swiftSettings: strict),

        // Counts the allocations of each thread of a program that it is linked into.
        .target(name: "AllocationCount", path: "Tests/AllocationCount"),
        // Uses every instrument and renders every format, and says how often it allocated; run by
        // PrometheusTests in its release build.
        .executableTarget(
            name: "InstrumentProbe", dependencies: ["Prometheus", "Deflate", "AllocationCount"],
            path: "Tests/InstrumentProbe", swiftSettings: strict),

        // One test target a source target.
        .testTarget(
            name: "MicroHTTPTests", dependencies: ["MicroHTTP", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "SQLiteTests", dependencies: ["SQLite", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "RedisTests", dependencies: ["Redis", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "CurlTests", dependencies: ["Curl", "TestSupport"], swiftSettings: strict),
        .testTarget(name: "OpenSSLTests", dependencies: ["OpenSSL"], swiftSettings: strict),
        .testTarget(
            name: "POSIXTests", dependencies: ["POSIX", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "PrometheusTests", dependencies: ["Prometheus", "TestSupport"],
            exclude: ["Oracles"], swiftSettings: strict),
        .testTarget(
            name: "DeflateTests", dependencies: ["Deflate", "TestSupport"], swiftSettings: strict),
        .testTarget(name: "ExpatTests", dependencies: ["Expat"], swiftSettings: strict),
        .testTarget(
            name: "TwiMLTests", dependencies: ["TwiML", "TestSupport"], exclude: ["Oracles"],
            swiftSettings: strict),
        .testTarget(
            name: "TwilioAPITests", dependencies: ["TwilioAPI", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "HooklineTests",
            dependencies: [
                "Fuzz", "Hookline", "TwilioSignature", "TwilioAPI", "TwiML", "MicroHTTP", "OpenSSL",
                "Curl", "POSIX",
                "SQLite", "Redis", "Prometheus",
                "TestSupport",
            ],
            exclude: ["Oracles"], swiftSettings: strict),
        .testTarget(
            name: "HooklineBenchTests",
            dependencies: [
                "HooklineBench", "TwilioSignature", "OpenSSL", "Curl", "POSIX", "TestSupport",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "HooklineDoctorTests",
            dependencies: ["HooklineDoctor", "Hookline", "TwilioAPI", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "EndToEndTests", dependencies: ["HooklineCommand", "OpenSSL", "TestSupport"],
            exclude: ["Applications"],
            swiftSettings: strict),
        .testTarget(
            name: "ObservabilityTests", dependencies: ["HooklineCommand", "TestSupport"],
            exclude: ["Oracles"], swiftSettings: strict),
        // The receiver in time of its own, on a simulated disk.
        .testTarget(
            name: "SimulationTests",
            dependencies: ["Hookline", "POSIX", "SQLite", "TestSupport"], swiftSettings: strict),
        // A package of its own too, for `make check`.
        .testTarget(name: "TidyTests", exclude: ["Package.swift"], swiftSettings: strict),
    ]
)

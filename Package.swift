// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let jwtKit: Target.Dependency = .product(name: "JWTKit", package: "jwt-kit")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")

/// A module of the host: `Sources/NAME`, importing only what stands above it in this manifest.
func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// A built-in plugin: one folder under `plugins/`, module `NAMEPlugin`.
func plugin(_ name: String, exclude: [String] = [], _ dependencies: [Target.Dependency] = []) -> Target {
    .target(
        name: "\(name)Plugin", dependencies: ["PluginKit"] + dependencies, path: "plugins/\(name)", exclude: exclude,
        swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: ["TestSupport"] + dependencies, swiftSettings: strict)
}

let package = Package(
    name: "switchyard",
    products: [.executable(name: "switchyard", targets: ["switchyard"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/vapor/jwt-kit", exact: "5.7.1"),
        // What jwt-kit brings along.
        .package(url: "https://github.com/apple/swift-certificates", exact: "1.21.1"),
        .package(url: "https://github.com/apple/swift-asn1", exact: "1.7.4"),
    ],
    targets: [
        .systemLibrary(name: "CLibYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "CPlatform"),
        module("Diagnostics"),
        module("YAMLDocument", ["CLibYAML", "Diagnostics"]),
        module("Routing"),
        module("PluginKit", [logging]),
        module("GatewayConfiguration", ["Diagnostics", "YAMLDocument", "Routing", "PluginKit"]),
        module("HTTPWire", ["PluginKit"]),
        module("WebSocketWire", ["CZlib", "PluginKit"]),
        module("Messaging", ["PluginKit", "HTTPWire", "WebSocketWire", nioCore]),
        module("NATSClient", [nioCore, nioPosix, nioSSL, crypto, logging]),
        module("Server", ["PluginKit", "HTTPWire", "WebSocketWire", "Messaging", nioCore, nioPosix, logging]),
        plugin("Add"),
        plugin("Auth", ["NATSClient", jwtKit, crypto, nioCore, nioHTTP1, nioPosix, nioSSL, logging]),
        plugin("Echo"),
        plugin("Headers"),
        plugin("Limit"),
        plugin("NATS", [logging]),
        plugin("Site", exclude: ["public"]),
        module(
            "Gateway",
            [
                "CPlatform", "Diagnostics", "Routing", "PluginKit", "GatewayConfiguration", "Messaging", "NATSClient",
                "Server", "WebSocketWire", "AddPlugin", "AuthPlugin", "EchoPlugin", "HeadersPlugin", "LimitPlugin",
                "NATSPlugin", "SitePlugin", nioCore, nioPosix, logging,
            ]),
        .executableTarget(
            name: "switchyard",
            dependencies: [
                "Diagnostics", "Routing", "PluginKit", "GatewayConfiguration", "Gateway",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),

        .target(
            name: "TestSupport", dependencies: ["PluginKit"], path: "Tests/TestSupport", swiftSettings: strict),
        tests("Diagnostics", ["Diagnostics"]),
        tests("YAMLDocument", ["YAMLDocument", "Diagnostics"]),
        tests("Routing", ["Routing"]),
        tests("PluginKit", ["PluginKit"]),
        tests("GatewayConfiguration", ["GatewayConfiguration", "YAMLDocument", "Diagnostics", "Routing", "PluginKit"]),
        tests(
            "HTTPWire",
            [
                "HTTPWire", "PluginKit", nioCore, nioEmbedded, nioHTTP1,
            ]),
        tests("WebSocketWire", ["WebSocketWire", "PluginKit"]),
        tests("Messaging", ["Messaging", "PluginKit", "WebSocketWire", nioCore, nioEmbedded, nioPosix]),
        .executableTarget(
            name: "MessagingBenchmark", dependencies: ["Messaging", "PluginKit", nioCore, nioEmbedded],
            path: "Tests/Benchmarks/Messaging", swiftSettings: strict),
        tests("Architecture", []),
        tests("NATSClient", ["NATSClient", nioCore, nioPosix, crypto, logging]),
        tests("Gateway", ["Gateway", "Messaging", "NATSClient", "PluginKit", nioCore, nioPosix, logging]),
        tests(
            "Plugin",
            [
                "AddPlugin", "AuthPlugin", "EchoPlugin", "LimitPlugin", "NATSPlugin", "SitePlugin", "PluginKit",
                "Messaging", "NATSClient", crypto, logging, nioCore, nioHTTP1, nioPosix, nioSSL,
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
            ]),
    ]
)

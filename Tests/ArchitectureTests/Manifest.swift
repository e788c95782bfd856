import Foundation

/// A target as the manifest declares it.
struct Target: Sendable, Equatable {
    enum Kind: Sendable { case module, executable, test, system }

    var name: String
    var kind: Kind
    /// Relative to the package.
    var folder: String
    /// Names of targets and products, in the manifest's order.
    var dependencies: [String]
}

/// The manifest, evaluated by SwiftPM itself, so that its helper functions need not be understood here.
struct Manifest {
    struct Failure: Error {
        var what: String
    }

    /// In the order of the manifest.
    var targets: [Target]

    init(packageAt root: URL) throws {
        // Of its own: the package's is locked for as long as `swift test` runs.
        let scratch = FileManager.default.temporaryDirectory.appendingPathComponent("manifest-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: scratch) }
        let swift = Process()
        let output = Pipe()
        swift.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        swift.arguments = [
            "swift", "package", "--package-path", root.path, "--scratch-path", scratch.path, "dump-package",
        ]
        swift.standardOutput = output
        try swift.run()
        let json = try output.fileHandleForReading.readToEnd() ?? Data()
        swift.waitUntilExit()
        guard swift.terminationStatus == 0 else {
            throw Failure(what: "`swift package dump-package` ended with \(swift.terminationStatus)")
        }
        let package = try JSONSerialization.jsonObject(with: json) as? [String: Any]
        guard let list = package?["targets"] as? [[String: Any]] else { throw Failure(what: "no targets in the dump") }
        targets = try list.map(Self.target)
    }

    private static func target(_ object: [String: Any]) throws -> Target {
        guard let name = object["name"] as? String, let type = object["type"] as? String,
            let dependencies = object["dependencies"] as? [[String: Any]]
        else { throw Failure(what: "a target without name, type or dependencies") }
        let kinds: [String: Target.Kind] = [
            "regular": .module, "executable": .executable, "test": .test, "system": .system,
        ]
        guard let kind = kinds[type] else { throw Failure(what: "target \(name) is of the unknown type \(type)") }
        return Target(
            name: name, kind: kind,
            folder: object["path"] as? String ?? (kind == .test ? "Tests/\(name)" : "Sources/\(name)"),
            dependencies: try dependencies.map { dependency in
                // `{"byName": [name, condition]}`, or `target` or `product` with the name first as well.
                guard let name = (dependency.values.first as? [Any])?.first as? String else {
                    throw Failure(what: "a dependency of \(name) without a name")
                }
                return name
            })
    }
}

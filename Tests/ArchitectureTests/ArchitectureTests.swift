import Foundation
import Testing

/// The package itself, held to its own layout. The compiler does not: a transitive import compiles.
@Suite("Architecture", .timeLimit(.minutes(1)))
struct ArchitectureTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private struct Package {
        var targets: [Target]
        var files: [String: [SourceFile]]
    }

    /// Read once for all tests.
    private static let package = Result {
        let targets = try Manifest(packageAt: root).targets
        return Package(
            targets: targets,
            files: try Dictionary(uniqueKeysWithValues: targets.map { ($0.name, try SourceFile.all(of: $0, in: root)) })
        )
    }

    private let targets: [Target]
    private let files: [String: [SourceFile]]

    init() throws {
        let package = try Self.package.get()
        targets = package.targets
        files = package.files
    }

    @Test("The manifest and the sources were found")
    func found() {
        let pluginKit = targets.first { $0.name == "PluginKit" }
        #expect(pluginKit?.kind == .module && pluginKit?.folder == "Sources/PluginKit")
        #expect(targets.contains { $0.folder.hasPrefix("plugins/") })
        let without = targets.filter {
            !["CLibYAML", "CZlib", "CPlatform"].contains($0.name) && files[$0.name]?.isEmpty != false
        }
        #expect(without.map(\.name) == [])
    }

    @Test("A target depends only on what stands above it in the manifest")
    func order() {
        #expect(Rules.order(targets) == [])
    }

    @Test("Plugins know the plugin interface, not the host")
    func reach() {
        #expect(Rules.reach(targets) == [])
    }

    @Test("A file imports only what its target lists; Foundation only the command line and tests")
    func imports() {
        #expect(targets.flatMap { Rules.imports($0, files[$0.name] ?? []) } == [])
    }

    @Test("The manifest lists nothing that is not imported")
    func unused() {
        #expect(
            targets.filter { files[$0.name]?.isEmpty == false }.flatMap { Rules.unused($0, files[$0.name] ?? []) } == []
        )
    }

    @Test("Every folder of sources belongs to a target")
    func folders() throws {
        for parent in ["Sources", "plugins"] {
            let folder = Self.root.appendingPathComponent(parent)
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
                .filter { !$0.hasPrefix(".") && $0 != "examples" }
            let known = targets.map(\.folder)
            #expect(names.map { "\(parent)/\($0)" }.filter { !known.contains($0) } == [])
        }
    }
}

import Testing

/// The rules themselves: each must complain about what breaks it, and about nothing else.
@Suite("Rules of the architecture")
struct RulesTests {
    private let kit = Target(name: "Kit", kind: .module, folder: "Sources/Kit", dependencies: ["Logging"])
    private let server = Target(
        name: "Server", kind: .module, folder: "Sources/Server", dependencies: ["Kit", "NIOCore"])
    private let tool = Target(name: "tool", kind: .executable, folder: "Sources/tool", dependencies: ["Server"])
    private let support = Target(name: "TestSupport", kind: .module, folder: "Tests/TestSupport", dependencies: [])
    private let tests = Target(
        name: "KitTests", kind: .test, folder: "Tests/KitTests", dependencies: ["TestSupport", "Kit"])

    @Test("Order")
    func order() {
        #expect(Rules.order([kit, server, tool, support, tests]) == [])
        #expect(
            Rules.order([server, kit]) == ["Package.swift: Server depends on Kit, which does not stand above it"])
        var selfish = kit
        selfish.dependencies = ["Kit"]
        #expect(Rules.order([selfish]).count == 1)
    }

    @Test("Reach")
    func reach() {
        var plugin = Target(
            name: "AddPlugin", kind: .module, folder: "plugins/Add", dependencies: ["PluginKit", "NIOCore"])
        let pluginKit = Target(name: "PluginKit", kind: .module, folder: "Sources/PluginKit", dependencies: [])
        #expect(Rules.reach([pluginKit, server, plugin, support, tests]) == [])
        plugin.dependencies.append("Server")
        #expect(Rules.reach([pluginKit, server, plugin]) == ["Package.swift: AddPlugin must not depend on Server"])
        var leaky = server
        leaky.dependencies.append("TestSupport")
        #expect(Rules.reach([support, leaky]) == ["Package.swift: Server must not depend on TestSupport"])
    }

    @Test(
        "Imports of one line",
        arguments: [
            ("import Kit", "Kit"), ("  package import Kit", "Kit"), ("@preconcurrency internal import Kit", "Kit"),
            ("import struct Kit.Thing", "Kit"), ("import Kit.Sub", "Kit"), ("public import Kit  // why", "Kit"),
            ("import Kit; import Other", "Kit"), ("@_spi(X) import Kit", "Kit"), ("import\tKit", "Kit"),
            ("// import Kit", nil), ("/// import Kit", nil), ("let import1 = Kit", nil), ("important Kit", nil),
            ("let text = \"import Kit\"", nil), ("", nil),
        ] as [(String, String?)])
    func imports(line: String, module: String?) {
        #expect(SourceFile(path: "x", text: line).imports.map(\.module) == (module.map { [$0] } ?? []))
    }

    @Test("Lines count from 1, and a multi-line string imports nothing")
    func lines() {
        let text = "import A\n\nlet x = \"\"\"\nimport B\n\"\"\"\nimport C\n"
        #expect(
            SourceFile(path: "x", text: text).imports == [.init(line: 1, module: "A"), .init(line: 6, module: "C")])
    }

    @Test("What a target may import")
    func allowed() {
        let file = SourceFile(
            path: "Sources/Server/A.swift",
            text: "import Kit\nimport NIOCore\nimport Glibc\nimport Logging\nimport Foundation\n")
        #expect(
            Rules.imports(server, [file]) == [
                "Sources/Server/A.swift:4: Server imports Logging, which the manifest does not list for it",
                "Sources/Server/A.swift:5: Server imports Foundation, which is for tests and the command line",
            ])
        let foundation = SourceFile(path: "f", text: "import Foundation\nimport FoundationEssentials")
        #expect(Rules.imports(tool, [foundation]) == [])
        #expect(Rules.imports(tests, [foundation]) == [])
        #expect(Rules.imports(support, [foundation]) == [])
        #expect(Rules.imports(tool, [SourceFile(path: "t", text: "import Testing")]).count == 1)
        #expect(Rules.imports(tests, [SourceFile(path: "t", text: "import Testing\nimport Server")]).count == 1)
        #expect(Rules.imports(tests, [SourceFile(path: "t", text: "@testable import Kit")]).count == 1)
    }

    @Test("Dependencies that nobody imports")
    func unused() {
        let file = SourceFile(path: "x", text: "import Kit")
        #expect(Rules.unused(tests, [file]) == [])
        #expect(
            Rules.unused(server, [file]) == ["Package.swift: Server lists NIOCore and no file of it imports that"])
    }
}

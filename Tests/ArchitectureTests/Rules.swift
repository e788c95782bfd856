/// What the layout promises (docs/architecture.md), as functions from manifest and files to complaints.
enum Rules {
    /// Modules of the toolchain that any target may import without saying so in the manifest.
    private static let system: Set<String> = [
        "Swift", "Synchronization", "Glibc", "Musl", "Dispatch", "FoundationEssentials",
    ]
    private static let testOnly: Set<String> = ["Testing", "Foundation"]

    /// Our modules that a plugin may use.
    private static let forPlugins: Set<String> = ["PluginKit", "PluginSDK", "Messaging", "NATSClient"]

    /// A target depends only on what stands above it.
    static func order(_ targets: [Target]) -> [String] {
        let places = Dictionary(targets.enumerated().map { ($1.name, $0) }) { first, _ in first }
        return targets.enumerated().flatMap { place, target in
            target.dependencies.filter { places[$0] ?? -1 >= place }
                .map { "Package.swift: \(target.name) depends on \($0), which does not stand above it" }
        }
    }

    /// Tests aside, nothing depends on what is for tests; and a plugin knows the plugin interface, not the host.
    static func reach(_ targets: [Target]) -> [String] {
        let ours = Set(targets.map(\.name))
        let tests = Set(targets.filter { isForTests($0) }.map(\.name))
        return targets.filter { !isForTests($0) }.flatMap { target in
            target.dependencies.filter { name in
                tests.contains(name) || isPlugin(target) && ours.contains(name) && !forPlugins.contains(name)
            }.map { "Package.swift: \(target.name) must not depend on \($0)" }
        }
    }

    /// A file imports what its target lists, and Foundation only in the command line and in tests.
    static func imports(_ target: Target, _ files: [SourceFile]) -> [String] {
        var allowed = system.union(target.dependencies)
        if isForTests(target) { allowed.formUnion(testOnly) }
        if target.kind == .executable { allowed.insert("Foundation") }
        return files.flatMap { file in
            file.imports.compactMap { entry in
                if entry.isTestable { return "\(file.path):\(entry.line): @testable: what tests need is `package`" }
                if allowed.contains(entry.module) { return nil }
                return "\(file.path):\(entry.line): \(target.name) imports \(entry.module), "
                    + (testOnly.contains(entry.module)
                        ? "which is for tests and the command line" : "which the manifest does not list for it")
            }
        }
    }

    /// The manifest lists nothing that no file imports; for tests, where a spare line does no harm, it may.
    static func unused(_ target: Target, _ files: [SourceFile]) -> [String] {
        if isForTests(target) { return [] }
        let imported = Set(files.flatMap { $0.imports.map(\.module) })
        return target.dependencies.filter { !imported.contains($0) }
            .map { "Package.swift: \(target.name) lists \($0) and no file of it imports that" }
    }

    private static func isForTests(_ target: Target) -> Bool { target.folder.hasPrefix("Tests/") }
    private static func isPlugin(_ target: Target) -> Bool { target.folder.hasPrefix("plugins/") }
}

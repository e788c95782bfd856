internal import Diagnostics

/// Collects the entries of one mapping and finds keys that come twice.
struct MappingBuilder {
    private var entries: [YAMLEntry] = []
    private var merged: [YAMLEntry] = []
    private var firsts: [String: SourceMark] = [:]
    private(set) var diagnostics: [Diagnostic] = []

    mutating func add(_ entry: YAMLEntry) {
        if let first = firsts.updateValue(entry.keyMark, forKey: entry.key) {
            firsts[entry.key] = first
            diagnostics.append(
                Diagnostic(
                    .duplicateKey, at: entry.keyMark, "the key '\(entry.key)' is already set in this mapping",
                    hint: "remove one of the two", notes: [.init(mark: first, message: "first set here")]))
        } else {
            entries.append(entry)
        }
    }

    /// Keys of a merged mapping give way to the mapping's own and to those merged before.
    mutating func merge(_ others: [YAMLEntry]) { merged += others }

    /// All entries, own ones first.
    var finished: [YAMLEntry] {
        guard !merged.isEmpty else { return entries }
        var names = Set(entries.map(\.key))
        return entries + merged.filter { names.insert($0.key).inserted }
    }
}

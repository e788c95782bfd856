/// Values by subject pattern, found by subject.
///
/// Finding costs one dictionary look-up for patterns without wildcards, whatever their number, and a walk as deep as
/// the subject has tokens for those with.
struct SubjectTable<Value: Sendable> {
    struct Entry {
        var id: UInt64
        var value: Value
    }

    private var exact: [SubjectKey: [Entry]] = [:]
    private var wild = Node()
    private var wildCount = 0

    var isEmpty: Bool { exact.isEmpty && wildCount == 0 }

    mutating func insert(_ value: Value, id: UInt64, pattern: String) {
        let entry = Entry(id: id, value: value)
        if Self.hasWildcard(pattern) {
            wild.update(Self.tokens(pattern)[...]) { $0.append(entry) }
            wildCount += 1
        } else {
            exact[SubjectKey(pattern), default: []].append(entry)
        }
    }

    /// Returns false if it was gone already.
    @discardableResult
    mutating func remove(id: UInt64, pattern: String) -> Bool {
        var isRemoved = false
        let remove = { (entries: inout [Entry]) in
            guard let index = entries.firstIndex(where: { $0.id == id }) else { return }
            entries.remove(at: index)
            isRemoved = true
        }
        if Self.hasWildcard(pattern) {
            wild.update(Self.tokens(pattern)[...], remove)
            wildCount -= isRemoved ? 1 : 0
        } else {
            let key = SubjectKey(pattern)
            guard var entries = exact.removeValue(forKey: key) else { return false }
            remove(&entries)
            if !entries.isEmpty { exact[key] = entries }
        }
        return isRemoved
    }

    /// Every entry whose pattern matches, those without wildcards first.
    func matches(_ subject: String) -> [Entry] {
        var found = exact[SubjectKey(subject)] ?? []
        if wildCount > 0 { wild.collect(Self.tokens(subject)[...], into: &found) }
        return found
    }

    private static func hasWildcard(_ pattern: String) -> Bool {
        pattern.utf8.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: ">") }
    }

    /// The bytes of a token: two of them are equal only if these are.
    private typealias Token = ArraySlice<UInt8>

    private static func tokens(_ subject: String) -> [Token] {
        Array(subject.utf8).split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    }

    /// A level of the tree of tokens; `*` is stored as a child like any other token.
    private struct Node {
        var children: [Token: Node] = [:]
        /// Patterns that end here.
        var entries: [Entry] = []
        /// Patterns that end in `>` here.
        var rest: [Entry] = []

        var isEmpty: Bool { children.isEmpty && entries.isEmpty && rest.isEmpty }

        mutating func update(_ tokens: ArraySlice<Token>, _ change: (inout [Entry]) -> Void) {
            guard let token = tokens.first else { return change(&entries) }
            if token == [UInt8(ascii: ">")] { return change(&rest) }
            // Copied, so that the names kept do not hold on to the whole pattern.
            var child = children[token] ?? Node()
            child.update(tokens.dropFirst(), change)
            children[Token(Array(token))] = child.isEmpty ? nil : child
        }

        func collect(_ tokens: ArraySlice<Token>, into found: inout [Entry]) {
            guard let token = tokens.first else { return found.append(contentsOf: entries) }
            found.append(contentsOf: rest)
            children[token]?.collect(tokens.dropFirst(), into: &found)
            children[[UInt8(ascii: "*")]]?.collect(tokens.dropFirst(), into: &found)
        }
    }
}

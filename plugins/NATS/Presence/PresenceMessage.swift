package import PluginKit

/// What gateway processes tell each other about who is on their channels: a line of words, and for a part of a digest a
/// line more for each of its entries.
package struct PresenceMessage: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        /// The process lives, and has made so many changes.
        case beat
        /// Its change of that number: somebody has so many connections there now.
        case change(PresenceEntry)
        /// A part of all it has, as of that change.
        case part(index: Int, isLast: Bool, [PresenceEntry])
        /// Wants to have all that a process has, or every process.
        case ask(of: ProcessID?)
        /// The process ends.
        case end
    }

    package var sender: ProcessID
    /// How many changes the sender has made.
    package var sequence: UInt64
    package var kind: Kind

    /// More than any process can have; keeps sums from overflowing.
    private static let mostConnections = 1_000_000_000

    /// As it travels.
    package var payload: Payload {
        let head = "\(sender) \(sequence)"
        switch kind {
        case .beat: return Payload(text: "beat \(head)")
        case .change(let entry): return Payload(text: "change \(head) \(Self.text(entry))")
        case .ask(let process): return Payload(text: "ask \(head)" + (process.map { " \($0)" } ?? ""))
        case .end: return Payload(text: "end \(head)")
        case .part(let index, let isLast, let entries):
            var out = Payload(text: "part \(head) \(index) \(isLast ? "last" : "more")")
            for entry in entries { out += "\n\(Self.text(entry))".utf8 }
            return out
        }
    }

    /// Nil if it is no such message.
    package init?(_ payload: Payload) {
        guard let text = String(validating: payload, as: UTF8.self) else { return nil }
        // Byte by byte: a combining mark behind a space makes another character of it.
        let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(Self.words)
        let words = lines[0]
        guard words.count >= 3, let sender = ProcessID(words[1]), let sequence = UInt64(words[2]) else { return nil }
        self.sender = sender
        self.sequence = sequence
        let rest = words.dropFirst(3)
        switch (words[0], rest.count) {
        case ("beat", 0): kind = .beat
        case ("end", 0): kind = .end
        case ("ask", 0): kind = .ask(of: nil)
        case ("ask", 1):
            guard let process = ProcessID(rest[3]) else { return nil }
            kind = .ask(of: process)
        case ("change", 2...3):
            guard let entry = Self.entry(rest) else { return nil }
            kind = .change(entry)
        case ("part", 2):
            guard let index = Int(rest[3]), ["more", "last"].contains(rest[4]) else { return nil }
            let entries = lines.dropFirst().map { Self.entry($0[...]) }
            guard !entries.contains(where: { $0 == nil }) else { return nil }
            kind = .part(index: index, isLast: rest[4] == "last", entries.compactMap(\.self))
        default: return nil
        }
    }

    package init(sender: ProcessID, sequence: UInt64, _ kind: Kind) {
        self.sender = sender
        self.sequence = sequence
        self.kind = kind
    }

    /// `CHANNEL CONNECTIONS`, and the name if there is one, its bytes that are no plain letters as in a URL.
    private static func text(_ entry: PresenceEntry) -> String {
        let text = "\(entry.key.channel) \(entry.connections)"
        guard let name = entry.key.name else { return text }
        return name.utf8.reduce(into: text + " ") { out, byte in
            let isPlain = 0x21...0x7E ~= byte && byte != UInt8(ascii: "%")
            out += isPlain ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
    }

    private static func words(_ line: Substring.UTF8View) -> [String] {
        line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    private static func entry(_ words: ArraySlice<String>) -> PresenceEntry? {
        guard (2...3).contains(words.count), let channel = words.first, let count = Int(words[words.startIndex + 1]),
            0...mostConnections ~= count, Subject.publishProblem(channel) == nil
        else { return nil }
        let name = words.count == 3 ? PercentText.decoded(words[words.startIndex + 2].utf8) : nil
        if let name, name.isEmpty { return nil }
        return PresenceEntry(key: PresenceKey(channel: channel, name: name), connections: count)
    }
}

extension HistoryConfiguration {
    /// Why no bus can keep this, or nil. The rules are a NATS server's.
    public var problem: String? {
        let isName = stream.utf8.allSatisfy {
            0x30...0x39 ~= $0 || 0x61...0x7A ~= $0 | 0x20 || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
        }
        guard isName, (1...255).contains(stream.utf8.count) else {
            return "'\(stream)' cannot be a stream's name: use letters, digits, '-' and '_'"
        }
        if subjects.isEmpty { return "the stream '\(stream)' needs a subject to keep" }
        for subject in subjects {
            if let problem = Subject.subscribeProblem(subject) {
                return "the stream '\(stream)' cannot keep '\(subject)': \(problem)"
            }
        }
        if messages ?? 1 < 1 || bytes ?? 1 < 1 {
            return "the stream '\(stream)' would keep nothing: its bound is below 1"
        }
        if let age, age < .milliseconds(100) { return "the stream '\(stream)' must keep messages for 100 ms or more" }
        return nil
    }
}

import PluginKit

/// Which subjects clients may name.
struct SubjectRules {
    /// Subjects that servers keep for themselves.
    var allowsReserved: Bool

    init(_ settings: Settings) { allowsReserved = settings.boolean("reserved") ?? false }

    /// What a template becomes for a client.
    /// - Parameter wildcards: whether `*` and `>` may stand in it, to subscribe.
    func subject(
        _ template: SubjectTemplate, _ parameters: Parameters, _ identity: Identity?, wildcards: Bool = false
    ) throws(SubjectProblem) -> String {
        let subject = try template.subject(parameters, identity)
        // A path that is no UTF-8 has been repaired: clients with different bytes must not end up on one subject.
        if subject.unicodeScalars.contains("\u{FFFD}") { throw SubjectProblem(400, "the topic is not valid UTF-8") }
        if let problem = wildcards ? Subject.subscribeProblem(subject) : Subject.publishProblem(subject) {
            throw SubjectProblem(400, problem)
        }
        if !allowsReserved {
            if Subject.isReserved(subject) { throw SubjectProblem(403, "this subject is reserved") }
            if subject.hasWildcard(first: true) { throw SubjectProblem(403, "this pattern covers reserved subjects") }
        }
        return subject
    }
}

extension String {
    /// Whether a valid subject has a `*` or `>`, only its first byte looked at if so asked.
    func hasWildcard(first: Bool = false) -> Bool {
        utf8.prefix(first ? 1 : .max).contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: ">") }
    }
}

/// Why a client gets no subject.
struct SubjectProblem: Error, Equatable {
    var status: Int
    var message: String

    init(_ status: Int, _ message: String) {
        self.status = status
        self.message = message
    }
}

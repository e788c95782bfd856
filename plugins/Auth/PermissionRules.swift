package import PluginKit

/// `allow`: which subjects clients may reach, as far as that depends on their claims.
package struct PermissionRules: Sendable {
    private enum Rule: Sendable {
        case pattern(SubjectPattern)
        /// The claim holds the patterns.
        case claim(String)
    }

    /// Nil: all subjects.
    private var publish: [Rule]?
    private var subscribe: [Rule]?

    /// From `{publish: [...], subscribe: [...]}`, whose elements are patterns or `{claim: NAME}`.
    package init(_ setting: SettingValue?) throws(SettingError) {
        guard case .map(let map)? = setting else { return }
        for name in map.keys.sorted() where name != "publish" && name != "subscribe" {
            throw SettingError("allow", name, message: "'\(name)' cannot be allowed", hint: "use publish and subscribe")
        }
        publish = try Self.rules("publish", map)
        subscribe = try Self.rules("subscribe", map)
    }

    private static func rules(_ name: String, _ map: [String: SettingValue]) throws(SettingError) -> [Rule]? {
        guard let value = map[name] else { return nil }
        guard case .list(let elements) = value else {
            throw SettingError("allow", name, message: "'\(name)' must be a list of patterns", hint: "write [a.b, c.>]")
        }
        var rules: [Rule] = []
        for (index, element) in elements.enumerated() {
            let place = ["allow", name, "\(index)"]
            switch element {
            case .string(let text):
                do throws(Problem) {
                    rules.append(.pattern(try SubjectPattern(text)))
                } catch {
                    throw SettingError(at: place, "'\(text)' is no pattern of subjects: \(error.reason)")
                }
            case .map(let map) where map.count == 1:
                guard case .string(let claim)? = map["claim"], !claim.isEmpty else { fallthrough }
                rules.append(.claim(claim))
            default: throw SettingError(at: place, "this is no pattern", hint: "write text, or claim: NAME")
            }
        }
        return rules
    }

    /// What a client with these claims may do.
    package func permissions(_ claims: Claims) throws(SubjectPattern.Unfit) -> Permissions {
        Permissions(publish: try Self.patterns(publish, claims), subscribe: try Self.patterns(subscribe, claims))
    }

    private static func patterns(_ rules: [Rule]?, _ claims: Claims) throws(SubjectPattern.Unfit) -> [String]? {
        guard let rules else { return nil }
        var patterns: [String] = []
        for rule in rules {
            switch rule {
            case .pattern(let pattern):
                if let pattern = try pattern.pattern(claims.scalars) { patterns.append(pattern) }
            case .claim(let name):
                guard let listed = claims.list(name) else { continue }
                guard listed.allSatisfy({ Subject.subscribeProblem($0) == nil }) else { throw .init(claim: name) }
                patterns += listed
            }
        }
        return patterns
    }
}

extension SettingError {
    init(at path: [String], _ message: String, hint: String? = nil) {
        self.init(message: message, hint: hint)
        self.path = path
    }
}

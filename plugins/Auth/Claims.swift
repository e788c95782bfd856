package import NATSClient

/// What a token, or an answer about a client, says of it.
package struct Claims: Sendable {
    private let members: [String: NATSJSON]
    /// As ``PluginKit/Identity/claims`` has them.
    package let scalars: [String: String]

    /// Nil if it is no JSON object.
    package init?(_ json: [UInt8]) {
        guard let members = NATSJSON.parse(json.span)?.object else { return nil }
        self.init(members)
    }

    package init(_ members: [String: NATSJSON]) {
        self.members = members
        var scalars: [String: String] = [:]
        Self.gather(members, under: "", into: &scalars)
        self.scalars = scalars
    }

    package subscript(_ name: String) -> NATSJSON? { members[name] }

    /// A time in seconds since 1970 (RFC 7519 §2), rounded down; nil inside if there is such a claim and it is no time.
    package func time(_ name: String) -> Int64?? {
        guard let value = members[name] else { return nil }
        switch value {
        case .integer(let seconds): return .some(Int64(seconds))
        case .otherNumber(let text): return .some(Double(text).flatMap { Int64(exactly: $0.rounded(.down)) })
        default: return .some(nil)
        }
    }

    /// The strings of a claim that is a list, or those in a text with blanks between them; `org.rights` is inside
    /// `org`. Nil if there is no such claim, or something else in it.
    package func list(_ name: String) -> [String]? {
        var value = members[name]
        if value == nil {
            var path = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)[...]
            value = path.popFirst().flatMap { members[$0] }
            while value != nil, let step = path.popFirst() { value = value?[step] }
        }
        switch value {
        case .string(let text): return text.split(separator: " ").map(String.init)
        case .array(let elements):
            let strings = elements.compactMap(\.string)
            return strings.count == elements.count ? strings : nil
        default: return nil
        }
    }

    /// What stands further out comes first: a name with a dot in it is not hidden by what an object holds.
    private static func gather(
        _ members: [String: NATSJSON], under prefix: String, into scalars: inout [String: String]
    ) {
        for (name, value) in members {
            switch value {
            case .string(let text): scalars[prefix + name] = scalars[prefix + name] ?? text
            case .integer(let number): scalars[prefix + name] = scalars[prefix + name] ?? "\(number)"
            case .otherNumber(let text): scalars[prefix + name] = scalars[prefix + name] ?? text
            case .bool(let value): scalars[prefix + name] = scalars[prefix + name] ?? "\(value)"
            case .null, .array, .object: break
            }
        }
        for (name, value) in members {
            if let inner = value.object { gather(inner, under: "\(prefix)\(name).", into: &scalars) }
        }
    }
}

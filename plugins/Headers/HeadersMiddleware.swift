import PluginKit

/// `headers`: what a response's fields are to be, whatever the handler says.
struct HeadersMiddleware: Middleware {
    private let added: [(name: String, value: String)]
    /// In lower case; those that are set as well.
    private let removed: Set<String>

    init(_ settings: Settings) throws {
        let set = try Self.fields("set", settings)
        added = try set + Self.fields("add", settings)
        let names = settings.strings("remove") ?? []
        for (index, name) in names.enumerated() { try Self.check(name, "remove", "\(index)") }
        removed = Set((names + set.map(\.name)).map { $0.lowercased() })
        if added.isEmpty, removed.isEmpty {
            throw SettingError(message: "this changes nothing", hint: "give it set, add or remove")
        }
    }

    func after(_ response: inout Response, to request: Request) {
        if !removed.isEmpty {
            var kept = HeaderFields()
            for (name, value) in response.headers where !removed.contains(name.lowercased()) { kept.append(name, value) }
            response.headers = kept
        }
        for (name, value) in added { response.headers.append(name, value) }
    }

    private static func fields(_ key: String, _ settings: Settings) throws -> [(name: String, value: String)] {
        guard case .map(let map)? = settings.values[key] else { return [] }
        return try map.sorted { $0.key < $1.key }.map { name, value in
            try check(name, key, name)
            let text: String
            switch value {
            case .string(let string): text = string
            case .integer(let integer): text = "\(integer)"
            case .boolean(let boolean): text = "\(boolean)"
            case .duration, .list, .map: throw SettingError(key, name, message: "the value of '\(name)' must be text")
            }
            // RFC 9110 §5.5: no control characters, which could end the line.
            guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
                throw SettingError(key, name, message: "the value of '\(name)' has control characters")
            }
            return (name, text)
        }
    }

    private static func check(_ name: String, _ path: String...) throws {
        var error = SettingError(message: "'\(name)' is not the name of a header field")
        error.path = path
        if !HeaderFields.isName(name) { throw error }
        error.message = "the field '\(name)' is the gateway's own"
        if HeaderFields.isReserved(name) { throw error }
    }
}

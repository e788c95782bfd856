package import PluginKit

/// A place of a request that a token may come in.
package enum TokenCarrier: Sendable, Hashable {
    /// `Authorization: Bearer TOKEN` (RFC 6750 §2.1).
    case header
    /// `Sec-WebSocket-Protocol: bearer, TOKEN`: what a web page can say in a handshake.
    case subprotocol
    case cookie(String)
    /// A parameter of the query.
    case query(String)

    /// What is there: nil if nothing.
    package func token(in request: Request) throws(TokenRefusal) -> String? {
        switch self {
        case .header: try Self.one(of: request.headers.values("Authorization").compactMap(Self.bearer))
        case .subprotocol: try Self.one(of: Self.protocols(request).tokens)
        case .cookie(let name): Self.cookie(name, request)
        case .query(let name): try Self.one(of: Self.parameters(name, request))
        }
    }

    /// Takes the token out where the handler must not take it for something else: it answers one of the subprotocols.
    package func removeToken(from request: inout Request) {
        guard case .subprotocol = self else { return }
        let rest = Self.protocols(request).rest
        request.head.fields.remove(Self.protocolField)
        request.head.fields.append(Self.protocolField, rest.joined(separator: ", "))
    }

    private static let protocolField = "Sec-WebSocket-Protocol"

    private static func one(of tokens: [String]) throws(TokenRefusal) -> String? {
        if tokens.count > 1 { throw .repeated }
        return tokens.first
    }

    /// Nil for other schemes, which are none of this guard's business.
    private static func bearer(_ credentials: String) -> String? {
        let scheme = credentials.prefix { $0 != " " }
        guard scheme.lowercased() == "bearer" else { return nil }
        return String(credentials.dropFirst(scheme.count).drop { $0 == " " })
    }

    /// The tokens behind a `bearer`, and the list without them.
    private static func protocols(_ request: Request) -> (tokens: [String], rest: [String]) {
        var tokens: [String] = []
        var rest: [String] = []
        var followsBearer = false
        for element in request.headers.values(protocolField).flatMap({ $0.split(separator: ",") }) {
            let name = String(element.trimmed)
            if followsBearer { tokens.append(name) } else { rest.append(name) }
            followsBearer = !followsBearer && name == "bearer"
        }
        return (tokens, rest)
    }

    /// The first of that name with something in it: cookies of several paths may have one name (RFC 6265 §5.4).
    private static func cookie(_ name: String, _ request: Request) -> String? {
        for pair in request.headers.values("Cookie").flatMap({ $0.split(separator: ";") }) {
            let pair = pair.trimmed
            guard let equals = pair.firstIndex(of: "="), pair[..<equals] == name else { continue }
            var value = pair[pair.index(after: equals)...]
            if value.count > 1, value.first == "\"", value.last == "\"" { value = value.dropFirst().dropLast() }
            if !value.isEmpty { return String(value) }
        }
        return nil
    }

    /// As they stand there: nothing in a token needs percent-encoding (RFC 7515 §3.1).
    private static func parameters(_ name: String, _ request: Request) -> [String] {
        (request.query ?? "").split(separator: "&").compactMap { parameter in
            guard let equals = parameter.firstIndex(of: "="), parameter[..<equals] == name else { return nil }
            return String(parameter[parameter.index(after: equals)...])
        }
    }
}

extension Substring {
    /// Without blanks and tabs around it.
    fileprivate var trimmed: Substring {
        var rest = drop { $0 == " " || $0 == "\t" }
        while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
        return rest
    }
}

extension TokenCarrier {
    /// The setting `from`: `header`, `subprotocol`, `cookie: NAME`, `query: NAME`.
    package static func list(_ setting: SettingValue?) throws(SettingError) -> [TokenCarrier] {
        guard case .list(let elements)? = setting, !elements.isEmpty else {
            throw SettingError(
                "from", message: "tokens must come from somewhere", hint: "leave it out, or write [header]")
        }
        var carriers: [TokenCarrier] = []
        for (index, element) in elements.enumerated() {
            guard let carrier = TokenCarrier(element) else {
                throw SettingError(
                    "from", "\(index)", message: "a token cannot come from this",
                    hint: "use header, subprotocol, cookie: NAME or query: NAME")
            }
            if !carriers.contains(carrier) { carriers.append(carrier) }
        }
        return carriers
    }

    private init?(_ element: SettingValue) {
        switch element {
        case .string("header"): self = .header
        case .string("subprotocol"): self = .subprotocol
        case .map(let map) where map.count == 1:
            guard let (kind, value) = map.first, case .string(let name) = value, HeaderFields.isName(name) else {
                return nil
            }
            switch kind {
            case "cookie": self = .cookie(name)
            case "query" where !name.utf8.contains(UInt8(ascii: "&")): self = .query(name)
            default: return nil
            }
        default: return nil
        }
    }
}

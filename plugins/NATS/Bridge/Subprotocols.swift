import PluginKit

/// Which WebSocket subprotocol a handshake is answered with (RFC 6455 §4.2.2).
struct Subprotocols {
    static let declaration = SettingDeclaration(
        "subprotocols", .list, isOptional: true,
        summary: "Subprotocols that are spoken: the first that a client offers is chosen.")

    private let listed: [String]

    init(_ settings: Settings) throws {
        listed = settings.strings("subprotocols") ?? []
        for (index, name) in listed.enumerated() where !HeaderFields.isName(name) {
            throw SettingError("subprotocols", "\(index)", message: "'\(name)' cannot be the name of a subprotocol")
        }
    }

    /// Browsers that send a token as a subprotocol, behind `bearer`, give up if neither is answered; the token must
    /// not be.
    func choice(_ request: Request) -> String? {
        let offers = request.headers.values("Sec-WebSocket-Protocol")
        if offers.isEmpty { return nil }
        let names = offers.flatMap { $0.split(separator: ",") }.compactMap { name in
            name.split { $0 == " " || $0 == "\t" }.first.map { String($0) }
        }
        if let known = names.first(where: { listed.contains($0) }) { return known }
        return request.identity != nil && names.contains("bearer") ? "bearer" : nil
    }
}

import PluginKit

/// Fields of a request that travel on as headers of a message.
struct MessageHeaders {
    private let names: [String]

    init(_ settings: Settings) throws {
        names = settings.strings("headers") ?? []
        for (index, name) in names.enumerated() where !HeaderFields.isName(name) {
            throw SettingError("headers", "\(index)", message: "'\(name)' is not the name of a header field")
        }
    }

    func of(_ request: Request) -> [(name: String, value: String)] {
        names.flatMap { name in request.headers.values(name).map { (name: name, value: $0) } }
    }
}

extension Request {
    /// A body said to be text or JSON is for text frames, if it is valid; any other for binary ones.
    var frame: BusMessage.Frame {
        let type = headers["Content-Type"]?.lowercased() ?? ""
        return type.hasPrefix("text/") || type.hasPrefix("application/json") ? .unspecified : .binary
    }
}

import PluginKit
import Server

/// A handler made for one combination of name, settings and path parameters; routes that agree in these share it.
/// A middleware has no parameters, but a scope: the place under which it was written.
package final class HandlerInstance: Sendable {
    package struct Key: Hashable, Sendable {
        var handler: String
        var settings: Settings
        var parameterNames: [String]
        var restParameter: String?
        var scope: String?
    }

    enum Kind {
        case http(any HTTPHandler)
        case socket(any SocketHandler)
        case middleware(any Middleware)
    }

    let key: Key
    let kind: Kind

    init(key: Key, kind: Kind) {
        self.key = key
        self.kind = kind
    }

    /// Start, drain and stop.
    var lifecycle: any Handler {
        switch kind {
        case .http(let handler): handler
        case .socket(let handler): handler
        case .middleware(let middleware): middleware
        }
    }
}

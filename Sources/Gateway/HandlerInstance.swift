import PluginKit
import Server

/// A handler made for one combination of name, settings and path parameters; routes that agree in these share it.
package final class HandlerInstance: Sendable {
    package struct Key: Hashable, Sendable {
        var handler: String
        var settings: Settings
        var parameterNames: [String]
        var restParameter: String?
    }

    let key: Key
    let kind: RouteTarget.Kind

    init(key: Key, kind: RouteTarget.Kind) {
        self.key = key
        self.kind = kind
    }

    /// Start, drain and stop.
    var lifecycle: any Handler {
        switch kind {
        case .http(let handler): handler
        case .socket(let handler): handler
        }
    }
}

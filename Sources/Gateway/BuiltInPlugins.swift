import AddPlugin
import AuthPlugin
import EchoPlugin
package import GatewayConfiguration
import HeadersPlugin
import LimitPlugin
import NATSPlugin
import PluginKit
import SitePlugin

/// The plugins compiled into this binary: the one list to extend.
package enum BuiltInPlugins {
    static let all: [any Plugin.Type] = [
        AddPlugin.self, AuthPlugin.self, EchoPlugin.self, GatewayPlugin.self, HeadersPlugin.self, LimitPlugin.self,
        NATSPlugin.self, SitePlugin.self,
    ]

    /// Their handlers, for checking configurations.
    package static let catalog = HandlerCatalog(all.flatMap { $0.handlers })
}

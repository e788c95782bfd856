package import PluginKit

/// The handlers that a configuration may name.
package struct HandlerCatalog: Sendable {
    private let declarations: [String: HandlerDeclaration]

    /// Of two declarations with one name the first counts.
    package init(_ declarations: [HandlerDeclaration]) {
        self.declarations = Dictionary(declarations.map { ($0.name, $0) }) { first, _ in first }
    }

    package subscript(_ name: String) -> HandlerDeclaration? { declarations[name] }

    /// All names, sorted.
    package var names: [String] { declarations.keys.sorted() }

    /// Names of the handlers that fit a route or a channel, sorted.
    func names(for kind: RouteConfiguration.Kind) -> [String] {
        names.filter { declarations[$0]?.kind == kind }
    }

    /// Names of what may stand under `use`, sorted.
    var middlewareNames: [String] { names.filter { declarations[$0].map { $0.kind == nil } ?? false } }
}

extension HandlerDeclaration {
    /// Nil for what stands under `use`.
    var kind: RouteConfiguration.Kind? {
        switch make {
        case .http: .route
        case .socket: .channel
        case .middleware: nil
        }
    }
}

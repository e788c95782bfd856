public import PluginKit

/// Finds out who a client is and what it may do.
public enum AuthPlugin: Plugin {
    public static let name = "auth"
    public static let handlers = [TokenGuard.declaration, AskGuard.declaration]
}

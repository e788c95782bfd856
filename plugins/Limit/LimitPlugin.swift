public import PluginKit

/// Holds clients to a rate.
public enum LimitPlugin: Plugin {
    public static let name = "limit"
    public static let handlers = [RateLimit.declaration]
}

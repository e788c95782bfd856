/// Which service gets a request, and why.
package struct DispatchDecision: Sendable, Hashable {
    /// Into the dispatcher's `services`. Nil: nothing has this host, the answer is 404.
    package let serviceIndex: Int?
    /// The version that the host names.
    package let version: String?
    /// The instance that the host names.
    package let instance: Int?
    package let why: Why
    /// The rule that won, 0-based.
    package let rule: Int?

    init(_ why: Why, service: Int?, version: String? = nil, instance: Int? = nil, rule: Int? = nil) {
        serviceIndex = service
        self.version = version
        self.instance = instance
        self.why = why
        self.rule = rule
    }

    package enum Why: String, Sendable, Hashable, CaseIterable {
        /// A dispatch rule.
        case rule
        /// No rule matched and the host names nothing.
        case `default`
        /// As `default`, but the path skipped the rules.
        case reserved
        /// The host names a service, or locally an unknown version of one.
        case service
        /// The host names a version of the default service.
        case version
        /// The host names a version or instance and its service; rules do not intercept those.
        case targeted
        /// The host is the app's and names something that does not exist: the default service.
        case soft
        /// As `soft`, but on a custom domain: 404.
        case notFound
    }
}

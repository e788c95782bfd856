/// What a Host header says about routing: a value that a connection keeps while the host's bytes stay the same.
///
/// Belongs to the dispatcher that made it; a reload makes it worthless.
package struct HostRoute: Sendable, Hashable {
    /// How the host was read.
    package let form: HostForm
    /// The answer when no rule matches, or for a targeted host in any case.
    let fallback: DispatchDecision
    /// The rules whose host matches, in order. Empty for a targeted host.
    let rules: [Int]
}

/// A host name, read as one of the application's or as a foreign one.
package struct HostForm: Sendable, Hashable {
    /// As compared: in lower case, without port and final dot.
    package let name: String
    package let family: Family
    /// The names in front of the application's own host, outermost first: `[v1, ws]` of `v1.ws.localhost`.
    package let labels: [String]

    package enum Family: String, Sendable, Hashable {
        /// `PROJECT.appspot.com`, `PROJECT.REGION.r.appspot.com`
        case appspot
        case customDomain
        /// `localhost`, a loopback address
        case local
        /// Any other host: dispatch rules, then the default service.
        case foreign
    }
}

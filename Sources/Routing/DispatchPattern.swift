/// The pattern of a dispatch rule: HOST and PATH, split at the first slash.
///
/// - Source: App Engine's `dispatch.yaml` reference, `url`.
package struct DispatchPattern: Sendable, Hashable {
    /// As written.
    package let text: String
    package let host: HostPattern
    package let path: PathPattern

    /// Which hosts a rule takes. Compared with the request's host in lower case, without port.
    package enum HostPattern: Sendable, Hashable {
        /// `*`
        case any
        /// `*.example.com`: hosts that end with the text after the star, here `.example.com`.
        case suffix(String)
        /// `example.com`: this host and none of its subdomains.
        case exact(String)
    }

    /// Which paths a rule takes. Literal, case-sensitive; compared with the path decoded once.
    package enum PathPattern: Sendable, Hashable {
        case exact(String)
        /// `/api*`: paths that start with the text before the star, here `/api`.
        case prefix(String)
    }

    /// HOST and PATH together, in characters. The server refuses more; Google's client tools do not look.
    package static let maximumLength = 100
}

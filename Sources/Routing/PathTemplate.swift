/// The path of a route: a whole request path with places for parameters.
///
/// - `/users`, `/users/` : literal segments; a final slash matters.
/// - `/users/{id}` : any one segment that is not empty.
/// - `/files/{path...}` : the rest, with its slashes; may be empty (`/files/`), but `/files` has no such segment.
///
/// Literals may be written plain or percent-encoded; they are compared decoded, byte by byte.
package struct PathTemplate: Sendable, Hashable {
    /// As written.
    package let text: String
    /// What stands between the slashes; `/` is one empty literal.
    package let segments: [Segment]

    package enum Segment: Sendable, Hashable {
        /// Decoded.
        case literal(String)
        case parameter(String)
        case rest(String)

        /// The name of a parameter or rest.
        package var name: String? {
            switch self {
            case .literal: nil
            case .parameter(let name), .rest(let name): name
            }
        }
    }

    /// The names in order, which is the order of a match's values.
    package var parameterNames: [String] { segments.compactMap(\.name) }
}

/// Why a path template is refused.
package struct PathTemplateError: Error, Sendable, Hashable {
    /// What is wrong, one sentence without a full stop.
    package let message: String
    /// What to write instead.
    package let hint: String?
    /// Where in the template, in Unicode scalars.
    package let offset: Int
    /// How many Unicode scalars; may be 0.
    package let length: Int
}

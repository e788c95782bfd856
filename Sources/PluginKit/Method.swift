/// A request method (RFC 9110 §9). Case-sensitive.
public enum Method: Sendable, Hashable {
    case get, head, post, put, delete, connect, options, trace, patch
    /// Any other token.
    case other(String)

    /// The token as it stands on the wire.
    public var name: String {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .delete: "DELETE"
        case .connect: "CONNECT"
        case .options: "OPTIONS"
        case .trace: "TRACE"
        case .patch: "PATCH"
        case .other(let name): name
        }
    }

    public init(_ name: String) {
        self =
            switch name {
            case "GET": .get
            case "HEAD": .head
            case "POST": .post
            case "PUT": .put
            case "DELETE": .delete
            case "CONNECT": .connect
            case "OPTIONS": .options
            case "TRACE": .trace
            case "PATCH": .patch
            default: .other(name)
            }
    }
}

/// Which end of the connection this is; the client masks what it sends, the server never does (RFC 6455 §5.1).
package enum WebSocketRole: Sendable {
    case server
    case client
}

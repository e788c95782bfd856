/// How the client finds the end of a response (RFC 9112 §6.3).
package enum ResponseFraming: Sendable, Hashable {
    /// No body and nothing said about one: 1xx, 204, 304, or the answer to HEAD where the length is not known.
    case none
    /// Content-Length. Also for HEAD and 304, where the body it tells of is not sent.
    case length(Int64)
    /// Chunked; HTTP/1.1 only.
    case chunked
    /// The end of the connection ends the body.
    case untilClose
}

/// What a response says about its connection.
package enum ResponseConnection: Sendable, Hashable {
    /// HTTP/1.1's default, which needs no field.
    case keepAlive
    case close
    /// Says `keep-alive`, for a client of HTTP/1.0 that asked for it.
    case keepAliveHTTP10
    /// 101: the connection goes over to the protocol in the handler's Upgrade field.
    case upgrade
}

/// Why a response cannot be put on the wire. The handler is to blame.
package enum UnsendableResponse: Error, Sendable, Hashable {
    /// Not 100…999.
    case status
    /// A field name that is not a token.
    case fieldName
    /// A field value with CR, LF, NUL or another control character: it could split the response.
    case fieldValue
    /// Chunked to a client of HTTP/1.0.
    case chunkedInHTTP10
    /// The connection goes over to another protocol without an Upgrade field that says which.
    case upgradeMissing
}

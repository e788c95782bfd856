/// What a handler answers.
///
/// The server adds `Date`, `Content-Length` or the chunked coding, and `Connection` where needed; a handler sets none
/// of these.
public struct Response: Sendable {
    public enum Body: Sendable {
        case bytes(Payload)
        /// A part of a file: its path, the first byte and how many. Streamed with back-pressure.
        case file(path: String, offset: Int64, count: Int64)
        /// Written piece by piece by an async function, chunked; the stream ends when the function returns.
        /// If it throws, the connection is cut so that the client can tell.
        case stream(@Sendable (any BodyWriter) async throws -> Void)
        /// Server-Sent Events. The server adds `Content-Type: text/event-stream` and `Cache-Control: no-store` where
        /// the handler sets none.
        case events(EventFeed)
    }

    /// Status code, 200…599.
    public var status: Int
    public var headers: HeaderFields
    public var body: Body
    /// Fields sent behind a streamed body.
    public var trailers: HeaderFields

    public init(
        status: Int = 200, headers: HeaderFields = HeaderFields(), body: Body = .bytes([]),
        trailers: HeaderFields = HeaderFields()
    ) {
        self.status = status
        self.headers = headers
        self.body = body
        self.trailers = trailers
    }

    /// A small text answer, `text/plain; charset=utf-8` unless told otherwise.
    public init(status: Int = 200, text: String, contentType: String = "text/plain; charset=utf-8") {
        self.init(status: status, headers: ["Content-Type": contentType], body: .bytes(Payload(text: text)))
    }
}

/// Where a streamed body goes.
public protocol BodyWriter: Sendable {
    /// Sends a piece of the body; returns when there is room for the next, throws when the client has left.
    func write(_ bytes: Payload) async throws
}

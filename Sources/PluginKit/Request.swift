/// An HTTP request whose body has arrived, or a WebSocket handshake.
///
/// A value: a handler may keep it or hand it to another thread.
public struct Request: Sendable {
    /// Method, target and fields as the wire parser filled them.
    public var head: RequestHead
    /// Values of the route's `{name}` segments, percent-decoded.
    public var parameters: Parameters
    /// The whole body, with any transfer coding removed. Empty for a handshake.
    public var body: Payload
    /// `http` or `https`, as the client sees it.
    public var scheme: String
    /// The client's address, `127.0.0.1:51234` or `[::1]:51234`; empty for a Unix socket.
    public var peer: String
    /// Names this request in the access log and in error bodies.
    public var id: RequestID
    /// Who the client is, if a guard found out.
    public var identity: Identity?

    public init(
        head: RequestHead = RequestHead(), parameters: Parameters = Parameters(), body: Payload = [],
        scheme: String = "http", peer: String = "", id: RequestID = RequestID(rawValue: 0), identity: Identity? = nil
    ) {
        self.head = head
        self.parameters = parameters
        self.body = body
        self.scheme = scheme
        self.peer = peer
        self.id = id
        self.identity = identity
    }

    public var method: Method { head.method }
    public var headers: HeaderFields { head.fields }
    /// The path as sent: still percent-encoded, without the query.
    public var path: String { head.path }
    /// What follows the first `?` of the target, or nil.
    public var query: String? { head.query }
}

/// A request's line and fields, held as offsets into the bytes of its head.
public struct RequestHead: Sendable {
    public var method: Method
    /// The fields; `fields.bytes` also holds the request line, which the ranges below point into.
    public var fields: HeaderFields
    /// The request target as sent.
    public var targetRange: Range<Int32>
    /// The target's path: after scheme and authority, before `?`.
    public var pathRange: Range<Int32>
    /// The effective host with any port: authority of an absolute target, else the Host field. Empty if HTTP/1.0
    /// sent none.
    public var hostRange: Range<Int32>
    /// 0 or 1: HTTP/1.0 or HTTP/1.1. HTTP/2 counts as 1.
    public var minorVersion: UInt8

    public init() {
        method = .get
        fields = HeaderFields()
        targetRange = 0..<0
        pathRange = 0..<0
        hostRange = 0..<0
        minorVersion = 1
    }

    public var target: String { string(targetRange) }
    public var path: String { string(pathRange) }
    public var host: String { string(hostRange) }

    /// What follows the first `?` of the target, or nil.
    public var query: String? {
        guard pathRange.upperBound < targetRange.upperBound else { return nil }
        return string(pathRange.upperBound + 1..<targetRange.upperBound)
    }

    private func string(_ range: Range<Int32>) -> String {
        String(decoding: fields.bytes[Int(range.lowerBound)..<Int(range.upperBound)], as: UTF8.self)
    }
}

extension RequestHead {
    /// A head made by hand, for tests and for tools that explain a request without sending it.
    public init(method: Method, target: String, host: String, headers: HeaderFields = HeaderFields()) {
        self.init()
        self.method = method
        fields = headers
        func store(_ text: some Sequence<UInt8>) -> Range<Int32> {
            let start = Int32(fields.bytes.count)
            fields.bytes.append(contentsOf: text)
            return start..<Int32(fields.bytes.count)
        }
        targetRange = store(target.utf8)
        let pathLength = Int32(target.utf8.prefix { $0 != UInt8(ascii: "?") }.count)
        pathRange = targetRange.lowerBound..<targetRange.lowerBound + pathLength
        hostRange = store(host.utf8)
    }
}

/// The number of a request within this process, shown as 16 hexadecimal digits.
public struct RequestID: Sendable, Hashable, CustomStringConvertible {
    public var rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }

    public var description: String {
        let digits = String(rawValue, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

/// The values of a route's parameters, in the order of the template.
public struct Parameters: Sendable {
    private let names: [String]
    private let values: [String]

    public init(names: [String] = [], values: [String] = []) {
        precondition(names.count == values.count, "a value for every name")
        self.names = names
        self.values = values
    }

    public subscript(_ name: String) -> String? {
        names.firstIndex(of: name).map { values[$0] }
    }

    /// Name and value pairs, in the order of the template.
    public var pairs: [(name: String, value: String)] { zip(names, values).map { ($0, $1) } }
}

internal import Crypto
package import PluginKit

/// What is passed on of a request to whoever decides on it.
package struct Question: Sendable {
    package let method: String
    /// Path and query as they were sent.
    package let target: String
    package let host: String
    package let scheme: String
    /// The client's, without the port.
    package let address: String
    package let requestID: String
    /// Fields of the request, by the names of the settings.
    package let forwarded: [(name: String, value: String)]

    package init(_ request: Request, headers: [String]) {
        method = request.method.name
        target = request.head.path + (request.query.map { "?" + $0 } ?? "")
        host = request.head.host
        scheme = request.scheme
        address = request.address
        requestID = "\(request.id)"
        forwarded = headers.flatMap { name in request.headers.values(name).map { (name: name, value: $0) } }
    }

    /// As fields of a request, by the names that proxies use for them.
    package var fields: [(name: String, value: String)] {
        forwarded + [
            (name: "X-Forwarded-Method", value: method), (name: "X-Forwarded-Proto", value: scheme),
            (name: "X-Forwarded-Host", value: host), (name: "X-Forwarded-Uri", value: target),
            (name: "X-Forwarded-For", value: address), (name: "X-Request-Id", value: requestID),
        ]
    }

    /// Names that ``fields``, or HTTP itself, need; in lower case.
    package static let ownNames: Set<String> = [
        "x-forwarded-method", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-uri", "x-forwarded-for",
        "x-request-id", "host", "accept", "user-agent", "content-type", "expect", "te",
    ]

    /// As a message on the bus, whose headers are the forwarded fields.
    package func message(_ subject: String) -> BusMessage {
        var json: Payload = []
        for (name, value) in [
            ("method", method), ("target", target), ("host", host), ("scheme", scheme), ("address", address),
        ] {
            json += (json.isEmpty ? "{\"" : ",\"").utf8
            json += "\(name)\":".utf8
            JSONText.append(value, to: &json)
        }
        json.append(UInt8(ascii: "}"))
        return BusMessage(
            subject: subject, payload: json, headers: forwarded + [(name: "X-Request-Id", value: requestID)])
    }

    /// The same for questions that must get the same answer. Of one size, and no credentials can be got out of it.
    package var digest: [UInt8] {
        var hash = SHA256()
        for text in [method, target, host, scheme, address] + forwarded.flatMap({ [$0.name, $0.value] }) {
            let bytes = Array(text.utf8)
            hash.update(data: Array("\(bytes.count):".utf8))
            hash.update(data: bytes)
        }
        return Array(hash.finalize())
    }
}

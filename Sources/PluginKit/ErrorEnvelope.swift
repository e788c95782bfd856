/// The JSON error body of the add API, used for the gateway's own errors too.
///
/// `{"error":{"code":C,"message":"M","errors":[{"message":"M"}]}}` and a newline; the gateway puts a `requestId`
/// beside the error.
public struct ErrorEnvelope: Sendable {
    public var status: Int
    public var message: String
    public var requestID: RequestID?

    public init(status: Int, message: String, requestID: RequestID? = nil) {
        self.status = status
        self.message = message
        self.requestID = requestID
    }

    public var json: Payload {
        var out = Payload()
        out.reserveCapacity(96 + 2 * message.utf8.count)
        out.append(contentsOf: "{\"error\":{\"code\":\(status),\"message\":".utf8)
        JSONText.append(message, to: &out)
        out.append(contentsOf: ",\"errors\":[{\"message\":".utf8)
        JSONText.append(message, to: &out)
        out.append(contentsOf: "}]}".utf8)
        if let requestID { out.append(contentsOf: ",\"requestId\":\"\(requestID)\"".utf8) }
        out.append(contentsOf: "}\n".utf8)
        return out
    }

    /// The envelope as a response, `application/json` without a charset, as the sample sends it.
    public var response: Response {
        Response(status: status, headers: ["Content-Type": "application/json"], body: .bytes(json))
    }
}

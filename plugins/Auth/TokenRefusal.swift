package import PluginKit

/// Why a client is not let in, and what it is answered (RFC 6750 §3). Never shows any of the token.
package enum TokenRefusal: Error, Sendable, Equatable {
    case missing
    /// Sent twice in one way: whoever looks at the request elsewhere may take the other one.
    case repeated
    case malformed
    case algorithm
    /// No key fits: another one may, once the keys have been read anew.
    case unknownKey
    case signature
    case expired
    case early
    case issuer
    case audience
    /// A claim cannot be part of a subject.
    case unfit(claim: String)
    case otherSubject
    /// There are no keys, or none that are known to be all.
    case keysAway

    package var status: Int {
        switch self {
        case .repeated: 400
        case .unfit: 403
        case .keysAway: 503
        default: 401
        }
    }

    package var message: String {
        switch self {
        case .missing: "this needs a token"
        case .repeated: "the token is sent more than once"
        case .malformed: "the token is malformed"
        case .algorithm: "the token's algorithm is not accepted"
        case .unknownKey, .signature: "the token's signature is not one of ours"
        case .expired: "the token has expired"
        case .early: "the token is not valid yet"
        case .issuer: "the token is from another issuer"
        case .audience: "the token is for another audience"
        case .unfit(let claim): "the claim '\(claim)' cannot be part of a subject"
        case .otherSubject: "the token is of another subject"
        case .keysAway: "tokens cannot be checked now; try again in a moment"
        }
    }

    package func response(to request: Request) -> Response {
        var response = ErrorEnvelope(status: status, message: message, requestID: request.id).response
        if let challenge { response.headers.append("WWW-Authenticate", challenge) }
        if case .keysAway = self { response.headers.append("Retry-After", "1") }
        return response
    }

    /// Who has sent no token at all is told no error (RFC 6750 §3.1).
    private var challenge: String? {
        let realm = #"Bearer realm="gateway""#
        switch self {
        case .missing: return realm
        case .keysAway: return nil
        case .repeated: return realm + #", error="invalid_request""#
        case .unfit: return realm + #", error="insufficient_scope""#
        default: return realm + #", error="invalid_token", error_description="\#(message)""#
        }
    }
}

internal import NATSClient

/// A signed token in the compact form (RFC 7515 §3.1), taken apart and not yet believed.
package struct CompactToken: Sendable {
    /// A token is part of a request's head, whose bound this is; a renewed one comes in a message, which may be longer.
    package static let sizeLimit = 16 << 10

    /// `alg` and `kid` of its header.
    package let algorithm: String
    package let keyID: String?
    /// What the signature is of: header and payload as they were sent.
    package let signedPart: ArraySlice<UInt8>
    package let signature: [UInt8]
    /// JSON, if its issuer is sane.
    package let payload: [UInt8]

    /// Nil for what is no such token. One with critical extensions (`crit`) is none either: none is understood here
    /// (RFC 7515 §4.1.11).
    package init?(_ text: String) {
        guard text.utf8.count <= Self.sizeLimit else { return nil }
        let bytes = Array(text.utf8)
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Base64URL.decode(parts[0]), let payload = Base64URL.decode(parts[1]),
            let signature = Base64URL.decode(parts[2])
        else { return nil }
        guard let fields = NATSJSON.parse(header.span)?.object, fields["crit"] == nil,
            let algorithm = fields["alg"]?.string
        else { return nil }
        if let keyID = fields["kid"] {
            guard case .string = keyID else { return nil }
        }
        self.algorithm = algorithm
        keyID = fields["kid"]?.string
        signedPart = bytes[..<parts[1].endIndex]
        self.signature = signature
        self.payload = payload
    }
}

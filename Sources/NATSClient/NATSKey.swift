internal import Crypto

/// An Ed25519 key pair in NATS's writing ("nkey"): a seed `SU…` to keep secret, a public key `U…` to show.
///
/// - Written: base32 of a prefix that names the owner, 32 bytes, and their CRC-16 with the low byte first. A seed's
///   prefix is two bytes: five bits that say "seed" (`S`), then the owner's eight.
/// - It describes itself by its public key.
///
/// Source: https://docs.nats.io/running-a-nats-service/configuration/securing_nats/auth_intro/nkey_auth
package struct NATSKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    /// Whose key it is: the value is the prefix byte, whose upper five bits make the first letter.
    package enum Owner: UInt8, Sendable, CaseIterable {
        case account = 0x00
        case cluster = 0x10
        case server = 0x68
        case `operator` = 0x70
        case user = 0xa0
    }

    private static let seedPrefix: UInt8 = 0x90
    private static let secretLength = 32

    package let owner: Owner
    private let secret: [UInt8]
    /// As a server lists it.
    package let publicKey: String

    /// Nil if `secret` has not 32 bytes.
    package init?(owner: Owner, secret: [UInt8]) {
        guard secret.count == Self.secretLength,
            let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: secret)
        else { return nil }
        self.owner = owner
        self.secret = secret
        publicKey = Self.written([owner.rawValue] + Array(key.publicKey.rawRepresentation))
    }

    /// Reads a seed; nil if a letter of it is wrong.
    package init?(seed: some StringProtocol) {
        guard let bytes = Self.read(seed), bytes.count == 2 + Self.secretLength, bytes[0] & 0xf8 == Self.seedPrefix,
            bytes[1] & 0x07 == 0, let owner = Owner(rawValue: bytes[0] << 5 | bytes[1] >> 3)
        else { return nil }
        self.init(owner: owner, secret: Array(bytes[2...]))
    }

    /// Secret.
    package var seed: String {
        Self.written([Self.seedPrefix | owner.rawValue >> 5, owner.rawValue << 3] + secret)
    }

    /// 64 bytes (RFC 8032).
    package func signature(of text: some StringProtocol) -> [UInt8] {
        // The secret was accepted before, and signing with it cannot fail.
        guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: secret),
            let signature = try? key.signature(for: Array(text.utf8))
        else { return [] }
        return Array(signature)
    }

    package var description: String { publicKey }
    package var debugDescription: String { publicKey }

    /// What a written key holds, without the checksum; nil if that is wrong.
    package static func read(_ text: some StringProtocol) -> [UInt8]? {
        guard let bytes = NATSBase32.decode(text), bytes.count > 3 else { return nil }
        let body = Array(bytes.dropLast(2))
        let sum = checksum(body)
        return bytes.suffix(2).elementsEqual([UInt8(truncatingIfNeeded: sum), UInt8(sum >> 8)]) ? body : nil
    }

    package static func written(_ body: [UInt8]) -> String {
        let sum = checksum(body)
        return NATSBase32.encode(body + [UInt8(truncatingIfNeeded: sum), UInt8(sum >> 8)])
    }

    /// CRC-16/XMODEM: polynomial 0x1021, from 0, nothing reflected.
    package static func checksum(_ bytes: [UInt8]) -> UInt16 {
        bytes.reduce(0 as UInt16) { sum, byte in
            (0..<8).reduce(sum ^ UInt16(byte) << 8) { sum, _ in
                sum & 0x8000 == 0 ? sum << 1 : sum << 1 ^ 0x1021
            }
        }
    }
}

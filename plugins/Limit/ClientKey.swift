internal import Glibc
internal import PluginKit

/// Who shares a bucket.
package enum ClientKey: String, Sendable, CaseIterable {
    case address, identity, path, all
    /// For messages: each socket has its own.
    case connection

    /// A hash: whoever sends long names costs no memory. Its seed is this process's own.
    func hash(of request: Request) -> UInt64 {
        var hasher = Hasher()
        switch self {
        case .identity:
            // Who has no name is known by the address.
            if let subject = request.identity?.subject {
                hasher.combine(subject)
            } else {
                hasher.combine(NetworkAddress(request.address))
            }
        case .address: hasher.combine(NetworkAddress(request.address))
        case .path: for byte in PercentDecoded(request.path) { hasher.combine(byte) }
        case .all, .connection: break
        }
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }
}

/// The bytes of a path without their percent-encoding: one path may be written in many ways.
private struct PercentDecoded: Sequence, IteratorProtocol {
    private var rest: Substring.UTF8View

    init(_ path: String) { rest = path[...].utf8 }

    mutating func next() -> UInt8? {
        guard let byte = rest.popFirst() else { return nil }
        guard byte == UInt8(ascii: "%"), let high = digit(0), let low = digit(1) else { return byte }
        rest.removeFirst(2)
        return high << 4 | low
    }

    private func digit(_ index: Int) -> UInt8? {
        rest.dropFirst(index).first.flatMap { Character(Unicode.Scalar($0)).hexDigitValue }.map(UInt8.init)
    }
}

/// What counts as one client by its address: an address of IPv4, a network of 64 bits of IPv6, since one client has a
/// whole one for itself.
package enum NetworkAddress: Sendable, Hashable {
    case v4(UInt32)
    case v6(UInt64)
    case other(String)

    package init(_ text: String) {
        var v4 = in_addr()
        var v6 = in6_addr()
        if inet_pton(AF_INET, text, &v4) == 1 {
            self = .v4(v4.s_addr)
        } else if inet_pton(AF_INET6, String(text.prefix { $0 != "%" }), &v6) == 1 {
            let words = withUnsafeBytes(of: v6) { ($0.loadUnaligned(as: UInt64.self), Array($0)) }
            // An address of IPv4 in the clothes of IPv6 (RFC 4291 §2.5.5.2).
            let isMapped = words.1[..<10].allSatisfy { $0 == 0 } && words.1[10] == 0xFF && words.1[11] == 0xFF
            self = isMapped ? .v4(words.1[12...].withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) }) : .v6(words.0)
        } else {
            self = .other(text)
        }
    }
}

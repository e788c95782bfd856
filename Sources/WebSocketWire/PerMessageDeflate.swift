/// The terms on which one socket's messages are compressed (RFC 7692 §7.1), as the server agreed to them.
package struct PerMessageDeflate: Sendable, Hashable {
    /// How the server compresses. Without takeover, the key under which a fan-out shares its frames.
    package let encoding: DeflateEncoding
    /// Whether the server's window lives on from message to message; such a socket needs a `Deflater` of its own.
    package let keepsServerWindow: Bool
    /// The base-2 logarithm of the client's window, 8 to 15.
    package let clientWindowBits: Int
    /// Whether the client's window lives on from message to message; such a socket keeps an inflater.
    package let keepsClientWindow: Bool
    /// The value of the answer's `Sec-WebSocket-Extensions`.
    package let response: String
}

extension PerMessageDeflate {
    private static let name = "permessage-deflate"

    /// The terms of the first offer that can be met, or nil if there is none; then the answer names no extension.
    ///
    /// - Parameter fields: the values of the request's `Sec-WebSocket-Extensions` fields, in their order.
    package static func negotiate(
        _ fields: [String], _ settings: CompressionSettings
    ) throws(MalformedExtensions) -> PerMessageDeflate? {
        guard settings.isEnabled else { return nil }
        for offer in try ExtensionOffer.parse(fields) where offer.name == name {
            if let request = Request(offer) { return PerMessageDeflate(request, settings) }
        }
        return nil
    }

    private init(_ request: Request, _ settings: CompressionSettings) {
        let takeoverBits = min(CompressionSettings.takeoverWindowBits, settings.maxWindowBits)
        keepsServerWindow = settings.allowsTakeover && !request.serverDropsWindow
        // A client that cannot be told to use a small window would cost 32 kB.
        keepsClientWindow = settings.allowsTakeover && !request.clientDropsWindow && request.clientTakesBits
        let mostServerBits = keepsServerWindow ? takeoverBits : settings.maxWindowBits
        let serverBits = min(mostServerBits, request.serverBits.map(Self.shared) ?? 15)
        encoding = DeflateEncoding(windowBits: serverBits, level: settings.level, threshold: settings.threshold)
        clientWindowBits = min(request.clientBits ?? 15, keepsClientWindow ? takeoverBits : 15)
        var response = Self.name
        if !keepsServerWindow { response += "; server_no_context_takeover" }
        if !keepsClientWindow { response += "; client_no_context_takeover" }
        if request.serverBits != nil { response += "; server_max_window_bits=\(serverBits)" }
        if keepsClientWindow { response += "; client_max_window_bits=\(clientWindowBits)" }
        self.response = response
    }

    /// The window for clients that bound it at `bits`: one of three, lest they make the fan-out compress seven times.
    private static func shared(_ bits: Int) -> Int { bits == 15 ? 15 : bits >= 12 ? 12 : 9 }
}

/// The parameters of an offer (RFC 7692 §7.1).
private struct Request {
    var serverDropsWindow = false
    var clientDropsWindow = false
    var serverBits: Int?
    var clientBits: Int?
    /// Whether the answer may set `client_max_window_bits`.
    var clientTakesBits = false

    /// Nil if the offer must be declined: a parameter that is unknown, comes twice or has a bad value, or a window
    /// that zlib cannot compress with.
    init?(_ offer: ExtensionOffer) {
        guard Set(offer.parameters.map(\.name)).count == offer.parameters.count else { return nil }
        for parameter in offer.parameters {
            switch (parameter.name, parameter.value) {
            case ("server_no_context_takeover", nil): serverDropsWindow = true
            case ("client_no_context_takeover", nil): clientDropsWindow = true
            case ("client_max_window_bits", nil): clientTakesBits = true
            case ("client_max_window_bits", let value?):
                guard let bits = Self.windowBits(value) else { return nil }
                clientTakesBits = true
                clientBits = bits
            case ("server_max_window_bits", let value?):
                guard let bits = Self.windowBits(value), bits >= 9 else { return nil }
                serverBits = bits
            default: return nil
            }
        }
    }

    /// 8 to 15 in decimal, without leading zeros.
    private static func windowBits(_ value: String) -> Int? { (8...15).first { value == "\($0)" } }
}

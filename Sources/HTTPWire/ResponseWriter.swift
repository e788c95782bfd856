package import PluginKit

/// Puts responses on the wire (RFC 9112 §4–§7).
package enum ResponseWriter {
    /// Appends status line, fields and the empty line to `out`; throws and leaves `out` as it was if that cannot be
    /// sent.
    ///
    /// - `fields`: the handler's. Its Connection, Content-Length, Transfer-Encoding, Keep-Alive and Proxy-Connection
    ///   are left out: `framing` and `connection` say these. Its Date, if any, stands instead of `date`.
    /// - `framing`: neither Content-Length nor Transfer-Encoding is ever sent with 1xx and 204, nor the latter with
    ///   304.
    /// - `minorVersion`: the client's. The status line says HTTP/1.1 in any case (RFC 9110 §2.5).
    /// - `date`: the 29 bytes of `HTTPDate`; not sent with 1xx.
    package static func head(
        status: Int, fields: HeaderFields, framing: ResponseFraming, connection: ResponseConnection,
        minorVersion: UInt8, date: [UInt8], to out: inout [UInt8]
    ) throws(UnsendableResponse) {
        guard 100...999 ~= status else { throw .status }
        if framing == .chunked, minorVersion == 0 { throw .chunkedInHTTP10 }
        let room = 192 &+ date.count &+ size(of: fields)
        try out.write(atMost: room) { (out: inout OutputSpan<UInt8>) throws(UnsendableResponse) in
            appendStatusLine(status, to: &out)
            let seen = try appendFields(fields, to: &out)
            if connection == .upgrade, !seen.upgrade { throw .upgradeMissing }
            if !seen.date, status >= 200 {
                out.append("Date: ")
                out.append(date.span)
                out.append("\r\n")
            }
            appendFraming(framing, status: status, to: &out)
            let closing = framing == .untilClose ? .close : connection
            appendConnection(closing, minorVersion: minorVersion, upgrade: seen.upgrade, to: &out)
            out.append("\r\n")
        }
    }

    /// Bytes that `fields` take on the wire, or a little more.
    static func size(of fields: HeaderFields) -> Int {
        var size = 0
        for slot in fields.slots { size &+= slot.name.count &+ slot.value.count &+ 4 }
        return size
    }

    private static func appendStatusLine(_ status: Int, to out: inout OutputSpan<UInt8>) {
        if status == 200 {
            out.append("HTTP/1.1 200 OK\r\n")
            return
        }
        out.append("HTTP/1.1 ")
        out.append(decimal: Int64(status))
        out.append(.space)
        out.append(ReasonPhrase.of(status))
        out.append("\r\n")
    }

    private static func appendFields(
        _ fields: HeaderFields, to out: inout OutputSpan<UInt8>
    ) throws(UnsendableResponse) -> (date: Bool, upgrade: Bool) {
        var seen = (date: false, upgrade: false)
        let bytes = fields.bytes.span
        for slot in fields.slots {
            let name = Range(slot.name)
            switch name.count {
            case 4 where bytes.matches(name, "date"): seen.date = true
            case 7 where bytes.matches(name, "upgrade"): seen.upgrade = true
            case 10 where bytes.matches(name, "connection") || bytes.matches(name, "keep-alive"): continue
            case 14 where bytes.matches(name, "content-length"): continue
            case 16 where bytes.matches(name, "proxy-connection"): continue
            case 17 where bytes.matches(name, "transfer-encoding"): continue
            default: break
            }
            try appendField(bytes, name, Range(slot.value), to: &out)
        }
        return seen
    }

    static func appendField(
        _ bytes: Span<UInt8>, _ name: Range<Int>, _ value: Range<Int>, to out: inout OutputSpan<UInt8>
    ) throws(UnsendableResponse) {
        guard !name.isEmpty else { throw .fieldName }
        for index in name where !ByteSet.token.contains(bytes[index]) { throw .fieldName }
        let text = bytes.extracting(value)
        var index = text.firstControl(from: 0)
        while index < text.count, text[index] == .tab { index = text.firstControl(from: index &+ 1) }
        guard index == text.count else { throw .fieldValue }
        out.append(bytes.extracting(name))
        out.append(": ")
        out.append(text)
        out.append("\r\n")
    }

    private static func appendFraming(_ framing: ResponseFraming, status: Int, to out: inout OutputSpan<UInt8>) {
        guard status >= 200, status != 204 else { return }
        switch framing {
        case .length(let count):
            out.append("Content-Length: ")
            out.append(decimal: max(0, count))
            out.append("\r\n")
        case .chunked where status != 304:
            out.append("Transfer-Encoding: chunked\r\n")
        case .none, .chunked, .untilClose: break
        }
    }

    /// Who sends Upgrade must name it in Connection as well (RFC 9110 §7.8), 426 included.
    private static func appendConnection(
        _ connection: ResponseConnection, minorVersion: UInt8, upgrade: Bool, to out: inout OutputSpan<UInt8>
    ) {
        switch connection {
        case .upgrade: out.append("Connection: Upgrade\r\n")
        case .close: out.append(upgrade ? "Connection: Upgrade, close\r\n" : "Connection: close\r\n")
        case .keepAlive where minorVersion > 0:
            if upgrade { out.append("Connection: Upgrade\r\n") }
        case .keepAlive, .keepAliveHTTP10:
            out.append(upgrade ? "Connection: Upgrade, keep-alive\r\n" : "Connection: keep-alive\r\n")
        }
    }
}

extension Range<Int> {
    init(_ range: Range<Int32>) { self = Int(range.lowerBound)..<Int(range.upperBound) }
}

package import NIOCore

/// A checked publish, ready for the wire: `PUB`, or `HPUB` if it has headers.
package struct NATSPublication {
    package let subject: String
    package let reply: String?
    /// An encoded ``NATSHeaderBlock``, or empty.
    package let headers: [UInt8]
    package let payload: [UInt8]

    package init(subject: String, reply: String? = nil, headers: [UInt8] = [], payload: [UInt8]) {
        self.subject = subject
        self.reply = reply
        self.headers = headers
        self.payload = payload
    }

    /// What a server's `max_payload` is about.
    package var size: Int { headers.count + payload.count }

    /// At least as many bytes as ``write(to:)`` writes, by a few.
    package var encodedSizeBound: Int { 52 + subject.utf8.count + (reply?.utf8.count ?? 0) + size }

    package func write(to buffer: inout ByteBuffer) {
        buffer.writeStaticString(headers.isEmpty ? "PUB " : "HPUB ")
        buffer.writeString(subject)
        buffer.writeInteger(UInt8(ascii: " "))
        if let reply {
            buffer.writeString(reply)
            buffer.writeInteger(UInt8(ascii: " "))
        }
        if !headers.isEmpty {
            buffer.writeString(String(headers.count))
            buffer.writeInteger(UInt8(ascii: " "))
        }
        buffer.writeString(String(size))
        buffer.writeStaticString("\r\n")
        buffer.writeBytes(headers)
        buffer.writeBytes(payload)
        buffer.writeStaticString("\r\n")
    }
}

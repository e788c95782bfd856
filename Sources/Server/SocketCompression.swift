import Messaging
import NIOCore
import WebSocketWire

/// How one socket's messages are compressed, as its handshake agreed.
///
/// Without takeover the fan-out compresses once for all sockets of the same terms. A window that lives on is the
/// socket's own: the fan-out gives it plain frames, which are compressed in the order in which they are sent.
struct SocketCompression {
    let deflater: Deflater
    /// The terms under which frames are shared; nil if the window lives on.
    let shared: DeflateEncoding?
    private let keepsState: Bool

    init(_ terms: PerMessageDeflate, _ loop: LoopContext) {
        keepsState = terms.keepsServerWindow || terms.keepsClientWindow
        if keepsState { loop.takeoverSockets += 1 }
        shared = terms.keepsServerWindow ? nil : terms.encoding
        deflater = shared.map(loop.hub.deflater) ?? Deflater(terms.encoding, keepsWindow: true)
    }

    func end(_ loop: LoopContext) {
        if keepsState { loop.takeoverSockets -= 1 }
    }

    /// What goes out for whole, unmasked, plain frames of messages; themselves if they are shared.
    func pack(_ frames: ByteBuffer) -> ByteBuffer {
        guard shared == nil else { return frames }
        var out: [UInt8] = []
        let bytes = frames.readableBytesUInt8Span
        var index = 0
        while index < bytes.count {
            let opcode: Opcode = bytes[index] & 0x0F == Opcode.text.rawValue ? .text : .binary
            var count = Int(bytes[index + 1])
            index += 2
            let more = count == 127 ? 8 : count == 126 ? 2 : 0
            if more > 0 {
                count = 0
                for byte in index..<index + more { count = count << 8 | Int(bytes[byte]) }
                index += more
            }
            deflater.append(opcode, payload: bytes.extracting(index..<index + count), to: &out)
            index += count
        }
        return ByteBuffer(bytes: out)
    }
}

extension WebSocketConnection {
    /// Sockets of one event loop that may keep zlib's state: about 50 kB each. Those that come later are offered
    /// compression without takeover.
    static let mostTakeovers = 1000
}

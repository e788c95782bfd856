/// JSON objects in which clients get messages and the gateway's notices, one for each.
///
/// - A message: `{"type":"message","subject":"…","data":"…"}`, with `data64` (base64) instead of `data` for bytes that
///   are not text, `id` and `sequence` and `time` (RFC 3339, milliseconds) where a stream keeps the messages, and
///   `headers` (an object of lists) where it has any.
/// - `{"type":"gap","after":"TOKEN"}`: messages up to the token are gone; without `after`, what an outage swallowed is
///   not known.
/// - `{"type":"dropped","count":3}`: the client was too slow and lost so many.
/// - `{"type":"bus","state":"down"}` and `"up"`: the link to the bus.
/// - `{"type":"live","id":"TOKEN"}`: all that was kept has been sent; what follows comes as it is published.
public enum Envelope {
    /// What the gateway tells a client besides messages.
    public enum Notice: Sendable, Hashable {
        case gap(after: HistoryToken?)
        case dropped(Int)
        case bus(isUp: Bool)
        case live(HistoryToken)

        /// One word: the `type` of the object, and of a server-sent event.
        public var type: String {
            switch self {
            case .gap: "gap"
            case .dropped: "dropped"
            case .bus: "bus"
            case .live: "live"
            }
        }
    }

    /// Appends the object of a message. `epoch` is its stream's, if that has one.
    public static func append(_ message: BusMessage, epoch: String? = nil, to out: inout Payload) {
        out += #"{"type":"message","subject":"#.utf8
        JSONText.append(message.subject, to: &out)
        if let position = message.position {
            let token = HistoryToken(epoch: epoch, sequence: position.sequence)
            out += #","id":"\#(token)","sequence":\#(position.sequence),"time":""#.utf8
            Timestamp.append(nanoseconds: position.time, to: &out)
            out.append(UInt8(ascii: "\""))
        }
        if !message.headers.isEmpty { append(message.headers, to: &out) }
        if message.frame != .binary, let text = String(validating: message.payload, as: UTF8.self) {
            out += #","data":"#.utf8
            JSONText.append(text, to: &out)
        } else {
            out += #","data64":""#.utf8
            Base64.append(message.payload, to: &out)
            out.append(UInt8(ascii: "\""))
        }
        out.append(UInt8(ascii: "}"))
    }

    public static func append(_ notice: Notice, to out: inout Payload) {
        switch notice {
        case .gap(let after?): out += #"{"type":"gap","after":"\#(after)"}"#.utf8
        case .gap(nil): out += #"{"type":"gap"}"#.utf8
        case .dropped(let count): out += #"{"type":"dropped","count":\#(count)}"#.utf8
        case .bus(let isUp): out += #"{"type":"bus","state":"\#(isUp ? "up" : "down")"}"#.utf8
        case .live(let token): out += #"{"type":"live","id":"\#(token)"}"#.utf8
        }
    }

    /// A name that comes more than once keeps all its values.
    private static func append(_ headers: [(name: String, value: String)], to out: inout Payload) {
        out += #","headers":{"#.utf8
        var isFirst = true
        for (index, header) in headers.enumerated()
        where !headers[..<index].contains(where: { $0.name == header.name }) {
            if !isFirst { out.append(UInt8(ascii: ",")) }
            isFirst = false
            JSONText.append(header.name, to: &out)
            out += ":[".utf8
            for (number, value) in headers[index...].lazy.filter({ $0.name == header.name }).map(\.value).enumerated() {
                if number > 0 { out.append(UInt8(ascii: ",")) }
                JSONText.append(value, to: &out)
            }
            out.append(UInt8(ascii: "]"))
        }
        out.append(UInt8(ascii: "}"))
    }
}

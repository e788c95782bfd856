/// The bytes of a body or a message: cheap to pass around, copied only when changed.
public typealias Payload = [UInt8]

extension Payload {
    /// The bytes read as UTF-8, with U+FFFD for what is not.
    public var text: String { String(decoding: self, as: UTF8.self) }

    public init(text: String) { self = Array(text.utf8) }
}

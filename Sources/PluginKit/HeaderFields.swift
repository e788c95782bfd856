/// Header or trailer fields in the order they were sent, held as offsets into one run of bytes.
///
/// Nothing becomes a `String` until it is asked for, so a request whose headers nobody reads costs no conversion.
/// Names compare without regard to ASCII case (RFC 9110 §5.1).
public struct HeaderFields: Sendable {
    /// Offsets of one field in `bytes`; ends are exclusive.
    public struct Slot: Sendable {
        public var name: Range<Int32>
        public var value: Range<Int32>

        @inlinable
        public init(name: Range<Int32>, value: Range<Int32>) {
            self.name = name
            self.value = value
        }
    }

    /// The storage that `slots` point into; for a parsed request, its whole head.
    public var bytes: [UInt8]
    public var slots: ContiguousArray<Slot>

    public init() {
        bytes = []
        slots = []
    }

    public var isEmpty: Bool { slots.isEmpty }
    public var count: Int { slots.count }

    /// Whether `name` can be a field's name: a token of RFC 9110 §5.6.2.
    public static func isName(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }

    /// Whether the server alone sets this field of a response: what frames a message (RFC 9112 §6), and `Date`.
    public static func isReserved(_ name: String) -> Bool { reservedNames.contains(name.lowercased()) }

    private static let reservedNames: Set<String> = [
        "connection", "content-length", "date", "trailer", "transfer-encoding", "upgrade",
    ]

    /// Forgets all fields and keeps the memory.
    public mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        slots.removeAll(keepingCapacity: true)
    }

    /// Adds a field behind the others. The caller answers for the characters; the server refuses to send CR, LF or NUL.
    public mutating func append(_ name: String, _ value: String) {
        let start = Int32(bytes.count)
        bytes.append(contentsOf: name.utf8)
        let middle = Int32(bytes.count)
        bytes.append(contentsOf: value.utf8)
        slots.append(Slot(name: start..<middle, value: middle..<Int32(bytes.count)))
    }

    /// Takes out every field of that name. Their bytes stay in the storage.
    public mutating func remove(_ name: String) {
        slots = slots.indices.filter { !matches($0, name.utf8) }.reduce(into: []) { $0.append(slots[$1]) }
    }

    /// The first field of that name, or nil.
    public subscript(_ name: StaticString) -> String? {
        firstIndex(of: name).map { value(at: $0) }
    }

    /// The first field of that name, or nil.
    public subscript(_ name: String) -> String? {
        slots.indices.first { matches($0, name.utf8) }.map { value(at: $0) }
    }

    /// Every value of that name, in order. Lists are not split at commas.
    public func values(_ name: String) -> [String] {
        slots.indices.filter { matches($0, name.utf8) }.map { value(at: $0) }
    }

    /// The first slot of that name, without making a `String`.
    public func firstIndex(of name: StaticString) -> Int? {
        slots.indices.first { matches($0, UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)) }
    }

    public func name(at index: Int) -> String { string(slots[index].name) }
    public func value(at index: Int) -> String { string(slots[index].value) }

    /// The raw bytes of a value.
    public func valueBytes(at index: Int) -> ArraySlice<UInt8> {
        bytes[Int(slots[index].value.lowerBound)..<Int(slots[index].value.upperBound)]
    }

    private func string(_ range: Range<Int32>) -> String {
        String(decoding: bytes[Int(range.lowerBound)..<Int(range.upperBound)], as: UTF8.self)
    }

    private func matches(_ index: Int, _ name: some Collection<UInt8>) -> Bool {
        let range = slots[index].name
        guard range.count == name.count else { return false }
        return zip(bytes[Int(range.lowerBound)..<Int(range.upperBound)], name).allSatisfy {
            $0 == $1 || lowered($0) == lowered($1)
        }
    }

    private func lowered(_ byte: UInt8) -> UInt8 {
        byte &- 0x41 < 26 ? byte | 0x20 : byte
    }
}

extension HeaderFields: Sequence {
    public func makeIterator() -> some IteratorProtocol<(name: String, value: String)> {
        slots.indices.lazy.map { (name: self.name(at: $0), value: self.value(at: $0)) }.makeIterator()
    }
}

extension HeaderFields: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, String)...) {
        self.init()
        for (name, value) in elements { append(name, value) }
    }
}

extension HeaderFields: Equatable {
    /// Same fields with the same values in the same order; names without regard to case.
    public static func == (a: HeaderFields, b: HeaderFields) -> Bool {
        a.count == b.count
            && zip(a, b).allSatisfy { $0.name.lowercased() == $1.name.lowercased() && $0.value == $1.value }
    }
}

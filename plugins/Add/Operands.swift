internal import PluginKit

/// What `a` and `b` are: a 64-bit integer for `add.sum`, a string for `add.concat`.
protocol Addend: Sendable {
    /// Stands for a missing or `null` operand.
    static var nothing: Self { get }
    static func read(from reader: inout JSONReader) throws(JSONError) -> Self
    static func adding(_ a: Self, _ b: Self) throws(JSONError) -> Self
    /// What is published: digits, or the raw string.
    var text: Payload { get }
    func appendJSON(to json: inout Payload)
}

/// The request body `{"a":…,"b":…}`, read the way Go's `encoding/json` fills a struct.
///
/// Keys match in any case, the last of two equal keys wins, unknown keys are ignored, `null` changes nothing.
struct Operands<Value: Addend> {
    private(set) var a = Value.nothing
    private(set) var b = Value.nothing

    init(json: Payload) throws(JSONError) {
        var reader = JSONReader(json)
        if reader.isAtEnd() { throw JSONError(#"the body is empty; it should be like {"a":…,"b":…}"#) }
        if try !reader.takeNull() {
            try reader.openObject()
            while let key = try reader.nextKey() {
                switch key.count == 1 ? key[key.startIndex] | 0x20 : 0 {
                case UInt8(ascii: "a"): try read(&a, "a", from: &reader)
                case UInt8(ascii: "b"): try read(&b, "b", from: &reader)
                default: try reader.skipValue()
                }
            }
        }
        guard reader.isAtEnd() else { throw reader.error("nothing may follow the JSON value") }
    }

    func result() throws(JSONError) -> Value { try Value.adding(a, b) }

    private func read(_ value: inout Value, _ name: String, from reader: inout JSONReader) throws(JSONError) {
        do {
            if try !reader.takeNull() { value = try Value.read(from: &reader) }
        } catch {
            throw JSONError("\(name): \(error.message)")
        }
    }
}

extension Int64: Addend {
    static var nothing: Int64 { 0 }

    static func read(from reader: inout JSONReader) throws(JSONError) -> Int64 { try reader.integer() }

    static func adding(_ a: Int64, _ b: Int64) throws(JSONError) -> Int64 {
        let (sum, overflow) = a.addingReportingOverflow(b)
        if overflow { throw JSONError("a + b does not fit in 64 bits") }
        return sum
    }

    var text: Payload { Payload(text: String(self)) }
    func appendJSON(to json: inout Payload) { json.append(contentsOf: String(self).utf8) }
}

/// A decoded JSON string: valid UTF-8.
struct JSONString: Addend {
    var utf8: ArraySlice<UInt8>

    static var nothing: JSONString { JSONString(utf8: []) }

    static func read(from reader: inout JSONReader) throws(JSONError) -> JSONString {
        JSONString(utf8: try reader.string())
    }

    static func adding(_ a: JSONString, _ b: JSONString) -> JSONString { JSONString(utf8: a.utf8 + b.utf8) }

    var text: Payload { Payload(utf8) }
    func appendJSON(to json: inout Payload) { JSONText.append(String(decoding: utf8, as: UTF8.self), to: &json) }
}

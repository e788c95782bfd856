extension JSONReader {
    /// Reads a value of any kind, checks its grammar and forgets it.
    mutating func skipValue() throws(JSONError) {
        /// The brackets still to come, innermost last. The object the value stands in is one level more.
        var closers: [UInt8] = []
        repeat {
            if let closer = openContainer() {
                guard closers.count + 1 < Self.maximumDepth else { throw error("nested too deep") }
                closers.append(closer)
                if take(closer) {
                    closers.removeLast()
                } else {
                    try enterElement(of: closer)
                    continue
                }
            } else {
                try skipScalar()
            }
            try closeContainers(&closers)
        } while !closers.isEmpty
    }

    /// After a whole value: passes closing brackets up to the next element, or to the end of the outermost container.
    private mutating func closeContainers(_ closers: inout [UInt8]) throws(JSONError) {
        while let closer = closers.last {
            if take(UInt8(ascii: ",")) { return try enterElement(of: closer) }
            guard take(closer) else { throw error("expected ',' or '\(Character(Unicode.Scalar(closer)))'") }
            closers.removeLast()
        }
    }

    private mutating func enterElement(of closer: UInt8) throws(JSONError) {
        if closer == UInt8(ascii: "}") { _ = try key() }
    }

    /// Reads `{` or `[` and answers the bracket that will close it.
    private mutating func openContainer() -> UInt8? {
        if take(UInt8(ascii: "{")) { return UInt8(ascii: "}") }
        if take(UInt8(ascii: "[")) { return UInt8(ascii: "]") }
        return nil
    }

    private mutating func skipScalar() throws(JSONError) {
        switch peek() ?? 0 {
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "t"): try word("true")
        case UInt8(ascii: "f"): try word("false")
        case UInt8(ascii: "n"): try word("null")
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): _ = try number()
        default: throw error("expected a value")
        }
    }
}

extension PathTemplate {
    package init(_ text: String) throws(PathTemplateError) {
        let scalars = Array(text.unicodeScalars)
        guard scalars.first == "/" else {
            throw PathTemplateError(
                message: "a path starts with `/`", hint: "write `/\(text)`", offset: 0, length: scalars.count)
        }
        try Self.checkScalars(scalars)
        var segments: [Segment] = []
        var names: Set<String> = []
        let parts = scalars.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        for (number, part) in parts.enumerated() {
            let segment = try Self.segment(part, isLast: number == parts.count - 1)
            if let name = segment.name, !names.insert(name).inserted {
                throw part.error("the parameter `\(name)` appears twice", hint: "give each parameter a name of its own")
            }
            segments.append(segment)
        }
        self.text = text
        self.segments = segments
    }

    private static func checkScalars(_ scalars: [Unicode.Scalar]) throws(PathTemplateError) {
        for index in scalars.indices {
            let one = scalars[index...index]
            switch scalars[index] {
            case "?":
                throw one.error(
                    "a route's path has no query", hint: "drop `?` and what follows; handlers read the query")
            case "#":
                throw one.error("a route's path has no fragment", hint: "clients never send it; a literal `#` is `%23`")
            case "*":
                throw one.error(
                    "`*` is not a wildcard in a route's path",
                    hint: "write `{name}` for one segment, `{name...}` for the rest, `%2A` for a star")
            case let scalar where scalar.value < 0x20 || scalar.value == 0x7F:
                throw one.error("the path holds a control character", hint: "write it as a percent escape")
            default: continue
            }
        }
    }

    private static func segment(_ part: ArraySlice<Unicode.Scalar>, isLast: Bool) throws(PathTemplateError) -> Segment {
        if part.isEmpty {
            if isLast { return .literal("") }
            throw PathTemplateError(
                message: "the path has an empty segment", hint: "write one `/` instead of two",
                offset: part.startIndex, length: 1)
        }
        guard part.contains("{") || part.contains("}") else { return try literal(part) }
        guard part.first == "{", part.last == "}",
            !part.dropFirst().dropLast().contains(where: { $0 == "{" || $0 == "}" })
        else {
            throw part.error(
                "a parameter must be a whole segment",
                hint: "put `{name}` between slashes; a literal brace is `%7B` or `%7D`")
        }
        let inner = part.dropFirst().dropLast()
        guard inner.suffix(3).elementsEqual(["." as Unicode.Scalar, ".", "."]) else {
            return .parameter(try name(inner, in: part))
        }
        let restName = try name(inner.dropLast(3), in: part)
        if !isLast {
            throw part.error(
                "`{\(restName)...}` takes the rest of the path, so nothing may follow it", hint: "move it to the end")
        }
        return .rest(restName)
    }

    private static func name(
        _ scalars: ArraySlice<Unicode.Scalar>, in part: ArraySlice<Unicode.Scalar>
    ) throws(PathTemplateError) -> String {
        let name = scalars.string
        guard let first = scalars.first else {
            throw part.error("a parameter needs a name", hint: "write `{name}` or `{name...}`")
        }
        let isName = scalars.allSatisfy { isLetter($0) || ("0"..."9").contains($0) }
        guard isName, isLetter(first) else {
            throw part.error(
                "`\(name)` is not a parameter name", hint: "use letters, digits and `_`, not starting with a digit")
        }
        return name
    }

    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || scalar == "_"
    }

    private static func literal(_ part: ArraySlice<Unicode.Scalar>) throws(PathTemplateError) -> Segment {
        let written = Array(part.string.utf8)
        for index in written.indices where written[index] == UInt8(ascii: "%") {
            if PercentCoding.escape(written.span, at: index, end: written.count) == nil {
                throw part.error("`%` starts no valid escape", hint: "a percent sign itself is `%25`")
            }
        }
        let bytes = PercentCoding.decode(written.span, written.indices)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw part.error("the escapes are not UTF-8", hint: "escape the bytes of the UTF-8 form, `%C3%A9` for é")
        }
        if text == "." || text == ".." {
            throw part.error(
                "no request ever reaches a path with dot segments",
                hint: "they are redirected first; write the plain path")
        }
        return .literal(text)
    }
}

extension ArraySlice<Unicode.Scalar> {
    fileprivate var string: String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: self)
        return String(text)
    }

    fileprivate func error(_ message: String, hint: String) -> PathTemplateError {
        PathTemplateError(message: message, hint: hint, offset: startIndex, length: count)
    }
}

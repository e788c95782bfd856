extension DispatchPattern {
    /// Reads HOST and PATH, and refuses what App Engine refuses.
    package init(_ text: String) throws(DispatchPatternError) {
        let scalars = Array(text.unicodeScalars)
        guard let slash = scalars.firstIndex(of: "/"), slash > 0 else { throw .shape(scalars) }
        self.text = text
        host = try Self.host(scalars[..<slash])
        path = try Self.path(scalars[slash...])
        guard scalars.count <= Self.maximumLength else {
            throw DispatchPatternError(
                kind: .patternTooLong,
                message: "the pattern has \(scalars.count) characters; App Engine takes \(Self.maximumLength)",
                hint: "shorten it, for example to a prefix that ends in `*`",
                offset: Self.maximumLength, length: scalars.count - Self.maximumLength)
        }
    }

    private static func path(_ scalars: ArraySlice<Unicode.Scalar>) throws(DispatchPatternError) -> PathPattern {
        if let lineBreak = scalars.firstIndex(where: { $0 == "\n" || $0 == "\r" }) {
            throw DispatchPatternError(
                kind: .urlShape, message: "the pattern holds a line break",
                hint: "write it on one line, in quotes", offset: lineBreak, length: 1)
        }
        if let star = scalars.dropLast().firstIndex(of: "*") {
            throw DispatchPatternError(
                kind: .starInPath, message: "`*` in the path is only allowed as its last character",
                hint: "a path is literal text and may end in one `*`, as in `*/api/*`", offset: star, length: 1)
        }
        return scalars.last == "*" ? .prefix(string(scalars.dropLast())) : .exact(string(scalars))
    }

    private static func host(_ scalars: ArraySlice<Unicode.Scalar>) throws(DispatchPatternError) -> HostPattern {
        if scalars.elementsEqual(["*"]) { return .any }
        let isSuffix = scalars.first == "*"
        let name = isSuffix ? scalars.dropFirst() : scalars
        if let bad = name.firstIndex(where: { !isHostScalar($0) }) { throw .hostScalar(scalars, at: bad) }
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        for (number, label) in labels.enumerated() {
            try check(label, startsSuffix: isSuffix && number == 0, isOnly: labels.count == 1)
        }
        if isSuffix { return .suffix(string(name)) }
        if isIPv4(labels) {
            throw DispatchPatternError(
                kind: .hostIPv4, message: "the host is an IPv4 address", hint: "use a host name, or `*` for any host",
                offset: 0, length: scalars.count)
        }
        return .exact(string(name))
    }

    /// A label starts and ends with a letter or digit. The first after a star may start with a hyphen, or be empty
    /// before a dot.
    private static func check(
        _ label: ArraySlice<Unicode.Scalar>, startsSuffix: Bool, isOnly: Bool
    ) throws(DispatchPatternError) {
        guard let first = label.first, let last = label.last else {
            if startsSuffix, !isOnly { return }
            throw DispatchPatternError(
                kind: .host, message: "the host has an empty label", hint: "drop the extra dot",
                offset: max(0, label.startIndex - 1), length: 1)
        }
        if first == "-", !startsSuffix {
            throw .hyphen(at: label.startIndex, "starts")
        }
        if last == "-" {
            throw .hyphen(at: label.endIndex - 1, "ends")
        }
    }

    private static func isHostScalar(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar) || scalar == "-" || scalar == "."
    }

    /// Four numbers of at most three digits, none above 255: `999.1.1.1` is an ordinary name.
    private static func isIPv4(_ labels: [ArraySlice<Unicode.Scalar>]) -> Bool {
        labels.count == 4 && labels.allSatisfy { $0.count <= 3 && UInt8(string($0)) != nil }
    }

    private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars)
        return String(text)
    }
}

extension DispatchPatternError {
    fileprivate static func shape(_ scalars: [Unicode.Scalar]) -> Self {
        let isPath = scalars.first == "/"
        return Self(
            kind: .urlShape,
            message: isPath ? "the pattern has no host before its first `/`" : "the pattern has no `/` after the host",
            hint: isPath
                ? "for any host put `*` in front, as in `*/api/*`"
                : "a pattern is HOST/PATH, for example `example.com/*` or `*/api*`",
            offset: 0, length: scalars.count)
    }

    fileprivate static func hyphen(at offset: Int, _ verb: String) -> Self {
        Self(
            kind: .host, message: "a label of the host \(verb) with a hyphen",
            hint: "labels start and end with a letter or digit", offset: offset, length: 1)
    }

    fileprivate static func hostScalar(_ host: ArraySlice<Unicode.Scalar>, at index: Int) -> Self {
        let scalar = host[index]
        let (message, hint): (String, String) =
            switch scalar {
            case "*":
                ("`*` in the host is only allowed as its first character", "write `*.example.com` or `*` for any host")
            case ":" where host.endIndex == index + 1:
                ("a pattern has no scheme", "drop `http://` or `https://`: write `example.com/path`")
            case ":":
                ("the host has a port", "drop the port: rules are about names only")
            case "A"..."Z":
                ("the host has an upper-case letter", "write it in lower case; requests are compared in lower case")
            case _ where !scalar.isASCII:
                ("the host has a character outside ASCII", "write international names in punycode, `xn--…`")
            default:
                ("the host has a character that host names may not have", "use `a-z`, `0-9`, `-` and `.`")
            }
        return Self(kind: .host, message: message, hint: hint, offset: index, length: 1)
    }
}

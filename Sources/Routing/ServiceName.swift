/// App Engine's rule for service names: `a-z`, `0-9` and inner hyphens, 1 to 63 characters.
package enum ServiceName {
    /// What is wrong with `name`, as a sentence's end (`has an upper-case letter`); nil when nothing is.
    package static func problem(_ name: String) -> String? {
        let bytes = name.utf8
        guard let first = bytes.first, let last = bytes.last else { return "is empty" }
        for scalar in name.unicodeScalars {
            switch scalar {
            case "a"..."z", "0"..."9", "-": continue
            case "A"..."Z": return "has an upper-case letter; only `a-z`, `0-9` and `-` are allowed"
            default: return "has a character other than `a-z`, `0-9` and `-`"
            }
        }
        if first == UInt8(ascii: "-") { return "starts with a hyphen" }
        if last == UInt8(ascii: "-") { return "ends with a hyphen" }
        if bytes.count > 63 { return "has \(bytes.count) characters; 63 is the most" }
        return nil
    }
}

/// App Engine's rule for version ids: as service names, without `-dot-` and not starting with `ah-builtin`.
package enum VersionName {
    /// What is wrong with `name`, as a sentence's end; nil when nothing is.
    package static func problem(_ name: String) -> String? {
        if let problem = ServiceName.problem(name) { return problem }
        if name.utf8.contains("-dot-".utf8) { return "contains `-dot-`, which separates names in a host" }
        if name.utf8.starts(with: "ah-builtin".utf8) { return "starts with `ah-builtin`, which is reserved" }
        return nil
    }
}

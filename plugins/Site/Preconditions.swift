internal import PluginKit

/// Conditional requests: RFC 9110 §13.
enum Preconditions {
    enum Verdict { case go, notModified, failed }

    /// In the order of §13.2.2, for GET and HEAD. A date that cannot be read counts as absent.
    static func verdict(on headers: HeaderFields, file: SiteFile) -> Verdict {
        if headers.isEmpty { return .go }
        if let tags = list(headers, "If-Match") {
            if !tags.contains(file.entityTag) && tags != ["*"] { return .failed }
        } else if let limit = date(headers, "If-Unmodified-Since"), file.changed > limit {
            return .failed
        }
        if let tags = list(headers, "If-None-Match") {
            let isKnown = tags.contains { $0 == "*" || $0 == file.entityTag || $0 == "W/" + file.entityTag }
            return isKnown ? .notModified : .go
        }
        if let limit = date(headers, "If-Modified-Since"), file.changed <= limit { return .notModified }
        return .go
    }

    /// §13.1.5: an exact match or the whole file.
    static func allowsRange(_ headers: HeaderFields, file: SiteFile) -> Bool {
        guard let condition = headers["If-Range"] else { return true }
        return condition == file.entityTag || HTTPDate(parsing: condition.utf8) == file.changed
    }

    /// The elements of a comma-separated field, nil if it is absent.
    /// Our own tags hold no comma; others need not come out whole.
    private static func list(_ headers: HeaderFields, _ name: StaticString) -> [String]? {
        guard headers.firstIndex(of: name) != nil else { return nil }
        return headers.values("\(name)").flatMap { value in
            value.split(separator: ",").map {
                String($0.drop { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\t" })
            }
        }
    }

    private static func date(_ headers: HeaderFields, _ name: StaticString) -> HTTPDate? {
        headers[name].flatMap { HTTPDate(parsing: $0.utf8) }
    }
}

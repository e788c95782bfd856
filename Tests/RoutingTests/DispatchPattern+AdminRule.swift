import Routing

extension DispatchPattern {
    /// What `gcloud` sends to the Admin API: slashes before a final star are collapsed into one.
    var adminRule: (domain: String, path: String) {
        let slash = text.utf8.firstIndex(of: UInt8(ascii: "/")) ?? text.endIndex
        let domain = String(text[..<slash])
        guard case .prefix(let prefix) = path, prefix.utf8.last == UInt8(ascii: "/") else {
            return (domain, String(text[slash...]))
        }
        let end = prefix.utf8.lastIndex { $0 != UInt8(ascii: "/") }.map { prefix.utf8.index(after: $0) }
        return (domain, String(prefix[..<(end ?? prefix.startIndex)]) + "/*")
    }
}

internal import PluginKit

/// A regular file, with the header values that follow from its status.
struct SiteFile: Sendable {
    /// Absolute, without symbolic links.
    let path: String
    let status: FileStatus
    /// The whole content, if it is small.
    let contents: Payload?
    let contentType: String
    /// In quotes. From size, time of change and inode, so it changes with the file (RFC 9110 §8.8.3).
    let entityTag: String
    let changed: HTTPDate
    /// `changed` as it is sent.
    let lastModified: String

    init(path: String, status: FileStatus, contents: Payload?) {
        self.path = path
        self.status = status
        self.contents = contents
        contentType = ContentType.forFile(named: path)
        let parts = [status.size, Int64(status.seconds), Int64(status.nanoseconds), Int64(bitPattern: status.inode)]
        entityTag = "\"" + parts.map { String(UInt64(bitPattern: $0), radix: 36) }.joined(separator: "-") + "\""
        changed = HTTPDate(epochSeconds: Int64(status.seconds))
        lastModified = changed.description
    }

    /// `count` bytes from `offset`, which must lie inside the file.
    func body(offset: Int64, count: Int64) -> Response.Body {
        guard let contents else { return .file(path: path, offset: offset, count: count) }
        if count == status.size { return .bytes(contents) }
        return .bytes(Payload(contents[Int(offset)..<Int(offset + count)]))
    }
}

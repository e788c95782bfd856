internal import Glibc
internal import PluginKit
internal import Synchronization

/// Looks files up below a root and keeps small ones in memory.
///
/// What is kept is checked with one `stat` each time, so a changed file shows at once.
/// A symbolic link is followed if it ends inside the root; what it points to is checked again when it changes.
final class FileStore: Sendable {
    enum Found {
        case file(SiteFile)
        case folder
        case nothing
    }

    /// Larger files are streamed from disk.
    static let largestKept = 64 * 1024
    private static let keptBytes = 8 * 1024 * 1024
    private static let keptFiles = 512

    private struct Kept {
        var files: [String: SiteFile] = [:]
        var bytes = 0
    }

    private let root: String
    private let kept = Mutex(Kept())

    init(root: String) { self.root = root }

    /// - Parameter path: the text of a `SitePath`, without a slash at its end.
    func find(_ path: String) throws(FileError) -> Found {
        let full = path.isEmpty ? root : "\(root)/\(path)"
        guard let status = try FileStatus(at: full) else { return .nothing }
        if let file = kept.withLock({ $0.files[full] }), file.status == status { return .file(file) }
        guard status.kind != .other, let real = realPath(full), isInside(real) else { return .nothing }
        if status.kind == .folder { return .folder }
        guard let file = try open(real) else { return .nothing }
        keep(file, as: full)
        return .file(file)
    }

    private func isInside(_ path: String) -> Bool {
        guard let root = realPath(root) else { return false }
        return path == root || path.hasPrefix(root == "/" ? root : root + "/")
    }

    private func realPath(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// Nil if the file has gone, may not be read, or is no regular file after all. `path` has no symbolic links.
    private func open(_ path: String) throws(FileError) -> SiteFile? {
        // Should a pipe have taken its place, O_NONBLOCK keeps the call from waiting for a writer.
        let descriptor = Glibc.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else {
            if FileError.meansNothingThere(errno) { return nil }
            throw FileError("open", path)
        }
        defer { close(descriptor) }
        let status = try FileStatus(descriptor: descriptor, path: path)
        guard status.kind == .file else { return nil }
        let contents = status.size <= Self.largestKept ? try read(descriptor, Int(status.size), path) : nil
        return SiteFile(path: path, status: status, contents: contents)
    }

    /// Nil if the file is shorter than it said: it is being written, so let the server stream what there is.
    private func read(_ descriptor: Int32, _ count: Int, _ path: String) throws(FileError) -> Payload? {
        var bytes = Payload(repeating: 0, count: count)
        var done = 0
        while done < count {
            let got = bytes.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress! + done, count - done, off_t(done))
            }
            if got < 0 && errno == EINTR { continue }
            if got < 0 { throw FileError("read", path) }
            if got == 0 { return nil }
            done += got
        }
        return bytes
    }

    private func keep(_ file: SiteFile, as path: String) {
        // Time stamps are coarse: a second change right after the first might not show in them.
        guard let contents = file.contents, time(nil) - file.status.seconds > 1 else { return }
        kept.withLock { kept in
            kept.bytes -= kept.files[path]?.contents?.count ?? 0
            if kept.files.count >= Self.keptFiles || kept.bytes + contents.count > Self.keptBytes { kept = Kept() }
            kept.files[path] = file
            kept.bytes += contents.count
        }
    }
}

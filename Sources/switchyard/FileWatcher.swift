import Glibc

/// Notices when a file's content was replaced or written, by its size and times, looked at four times a second.
struct FileWatcher {
    private let path: String
    private let first: [Int]?

    /// Remembers the file as it is now: make it before the file is read, so that no change falls between.
    init(_ path: String) {
        self.path = path
        first = Self.stamp(path)
    }

    /// Calls back at each change, until the task is cancelled.
    func start(changed: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
        Task { [path, first] in
            var last = first
            while !Task.isCancelled {
                try? await Task.sleep(for: .milliseconds(250))
                let now = Self.stamp(path)
                // A file that is gone for a moment is being replaced.
                if let now, now != last {
                    last = now
                    await changed()
                }
            }
        }
    }

    private static func stamp(_ path: String) -> [Int]? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return [Int(status.st_size), status.st_mtim.tv_sec, status.st_mtim.tv_nsec, Int(status.st_ino)]
    }
}

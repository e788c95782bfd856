internal import Glibc

/// What the file system says of a file. Two equal values: the same file with the same content, as far as can be told.
struct FileStatus: Equatable {
    enum Kind { case file, folder, other }

    let kind: Kind
    let device: UInt64
    let inode: UInt64
    let size: Int64
    /// Last change of the content, since 1970.
    let seconds: Int
    let nanoseconds: Int

    /// Follows symbolic links. Nil if there is nothing at `path`, or nothing that we may see.
    init?(at path: String) throws(FileError) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            if FileError.meansNothingThere(errno) { return nil }
            throw FileError("stat", path)
        }
        self.init(status)
    }

    init(descriptor: Int32, path: String) throws(FileError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileError("fstat", path) }
        self.init(status)
    }

    private init(_ status: stat) {
        kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .folder
            default: .other
            }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = Int64(status.st_size)
        seconds = status.st_mtim.tv_sec
        nanoseconds = status.st_mtim.tv_nsec
    }
}

/// A failed system call that is not simply "no such file".
struct FileError: Error, CustomStringConvertible {
    let description: String

    /// Reads `errno`: make it right after the call that failed.
    init(_ call: String, _ path: String) {
        description = "\(call) \(path): \(String(cString: strerror(errno)))"
    }

    /// Missing, hidden by permissions, or a path that cannot exist: for a client all the same, 404.
    static func meansNothingThere(_ code: Int32) -> Bool {
        switch code {
        case ENOENT, ENOTDIR, EACCES, ELOOP, ENAMETOOLONG, EINVAL: true
        default: false
        }
    }
}

internal import Glibc

/// A file that is read whole: keys, certificates.
enum SmallFile {
    /// Blocks.
    static func read(_ path: String, limit: Int) throws(Problem) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Problem(problem) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count == 0 { return bytes }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw Problem(problem)
            }
            bytes += chunk[..<count]
            guard bytes.count <= limit else { throw Problem("it is larger than \(limit >> 10) KB") }
        }
    }

    private static var problem: String { String(cString: strerror(errno)).lowercased() }
}

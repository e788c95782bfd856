internal import Glibc

/// Small files: credentials, certificates, keys.
enum NATSFile {
    private static let sizeLimit = 1 << 20

    /// The text of a file. Blocks.
    static func read(_ path: String) throws(NATSCredentialError) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw problem(path) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count == 0 { break }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw problem(path)
            }
            bytes += chunk[..<count]
            guard bytes.count <= sizeLimit else { throw .init("the file \(path) is larger than 1 MB") }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .init("the file \(path) is no text") }
        return text
    }

    private static func problem(_ path: String) -> NATSCredentialError {
        .init("the file \(path) cannot be read: \(String(cString: strerror(errno)).lowercased())")
    }
}

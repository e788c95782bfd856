internal import Glibc
internal import YAMLDocument

/// A file's name and what is in it.
package struct SourceText: Sendable {
    package var file: String
    package var bytes: [UInt8]

    package init(file: String, bytes: [UInt8]) {
        self.file = file
        self.bytes = bytes
    }

    package init(file: String, text: String) { self.init(file: file, bytes: Array(text.utf8)) }
}

/// Why a file could not be read, in the system's words.
struct FileProblem: Error {
    var message: String
}

extension SourceText {
    /// Reads a whole file, or as much of it as is needed to see that it is too large. Blocks.
    static func read(_ path: String, limit: Int = YAMLDocument.sizeLimit) throws(FileProblem) -> SourceText {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileProblem(message: systemMessage()) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count <= limit {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count == 0 { break }
            if count < 0 {
                guard errno == EINTR else { throw FileProblem(message: systemMessage()) }
                continue
            }
            bytes += chunk[..<count]
        }
        return SourceText(file: path, bytes: bytes)
    }

    private static func systemMessage() -> String { String(cString: strerror(errno)).lowercased() }
}

import Foundation
import PluginKit

/// A folder of its own under the system's temporary folder; gone with the value's last reference.
final class TemporaryFolder {
    let path: String

    init() throws {
        var template = Array("/tmp/switchyard-site-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Unexpected("mkdtemp") }
        path = String(decoding: template.dropLast().map(UInt8.init), as: UTF8.self)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Writes a file with a change time long past, making the folders above it.
    func write(_ name: String, _ text: String, changed seconds: Int = 784_111_777) throws {
        let parts = name.split(separator: "/")
        for count in 1..<max(parts.count, 1) { mkdir("\(path)/" + parts.prefix(count).joined(separator: "/"), 0o755) }
        guard let file = fopen("\(path)/\(name)", "w") else { throw Unexpected("fopen \(name)") }
        fputs(text, file)
        fclose(file)
        try touch(name, changed: seconds)
    }

    func touch(_ name: String, changed seconds: Int) throws {
        let time = Date(timeIntervalSince1970: Double(seconds))
        try FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: "\(path)/\(name)")
    }

    func link(_ name: String, to target: String) throws {
        unlink("\(path)/\(name)")
        guard symlink(target, "\(path)/\(name)") == 0 else { throw Unexpected("symlink \(name)") }
    }

    func pipe(_ name: String) throws {
        guard mkfifo("\(path)/\(name)", 0o644) == 0 else { throw Unexpected("mkfifo \(name)") }
    }
}

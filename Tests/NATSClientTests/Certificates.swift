import Foundation

/// Certificates for tests, made by `openssl` when first needed, and gone with this object.
///
/// - `ca` signed `server` (localhost, nats.test, 127.0.0.1), `named` (only nats.test) and `client`.
/// - `other` is an authority that signed nothing.
final class Certificates: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    static let shared = Result { try Certificates() }

    let folder: String

    private init() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("certificates-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        self.folder = folder.path
        try makeAuthority("ca")
        try makeAuthority("other")
        try makeCertificate("server", names: "DNS:localhost,DNS:nats.test,IP:127.0.0.1")
        try makeCertificate("named", names: "DNS:nats.test")
        try makeCertificate("client", names: "email:client@nats.test")
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func file(_ name: String) -> String { "\(folder)/\(name).pem" }

    func key(_ name: String) -> String { "\(folder)/\(name).key" }

    private static let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-sha256"]

    private func makeAuthority(_ name: String) throws {
        try openssl(
            ["req", "-x509"] + Self.newKey + [
                "-keyout", key(name), "-out", file(name), "-days", "2", "-subj", "/CN=\(name)",
            ])
    }

    private func makeCertificate(_ name: String, names: String) throws {
        let request = "\(folder)/\(name).csr"
        try openssl(["req"] + Self.newKey + ["-keyout", key(name), "-out", request, "-subj", "/CN=\(name)"])
        let extensions = "\(folder)/\(name).ext"
        try "subjectAltName=\(names)\n".write(toFile: extensions, atomically: true, encoding: .utf8)
        try openssl([
            "x509", "-req", "-in", request, "-CA", file("ca"), "-CAkey", key("ca"), "-CAcreateserial", "-days", "2",
            "-sha256", "-extfile", extensions, "-out", file(name),
        ])
    }

    private func openssl(_ arguments: [String]) throws {
        let process = Process()
        let errors = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = errors
        try process.run()
        let text = try errors.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: "openssl \(arguments[0]): \(String(decoding: text, as: UTF8.self))")
        }
    }
}

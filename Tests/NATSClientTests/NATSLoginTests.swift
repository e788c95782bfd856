import Foundation
import NATSClient
import TestSupport
import Testing

/// Who may come in to a real nats-server.
@Suite(.serialized) struct NATSLoginTests {
    private func check(_ server: NATSServerProcess, isWelcome: Bool, _ change: (inout NATSConfiguration) -> Void)
        async throws
    {
        var configuration = quickConfiguration(ports: [server.port])
        change(&configuration)
        try await withConnection(configuration) { connection in
            if isWelcome {
                #expect(await eventually { connection.isConnected }, "\(connection.state)")
                try await connection.flush()
            } else {
                #expect(await eventually { connection.reason != nil })
                #expect(connection.reason?.label == "authenticationFailed", "\(connection.state)")
            }
        }
    }

    /// bcrypt of "s3cret", cost 4.
    private static let hash = "$2a$04$abcdefghijklmnopqrstuuLZYjhNQAOdpbzt4WxWlUHjv1wsyH5DG"

    @Test func keys() async throws {
        let key = TestOperator.newKey(.user)
        let server = try NATSServerProcess(configuration: "authorization { users: [ { nkey: \(key.publicKey) } ] }")
        defer { server.stop() }
        try await check(server, isWelcome: true) { $0.nkeySeed = key.seed }
        try await check(server, isWelcome: false) { $0.nkeySeed = TestOperator.newKey(.user).seed }
        try await check(server, isWelcome: false) { _ in }
        let file = try TemporaryFile("\n  \(key.seed)\n")
        try await check(server, isWelcome: true) {
            $0.nkeyFile = file.path
            $0.user = "not asked"
        }
    }

    @Test func credentialFiles() async throws {
        let (trusted, stranger) = (TestOperator(), TestOperator())
        let server = try NATSServerProcess(configuration: trusted.serverLines)
        defer { server.stop() }
        let file = try TemporaryFile(trusted.credentials())
        try await check(server, isWelcome: true) { $0.credentialsFile = file.path }
        try file.write(stranger.credentials())
        try await check(server, isWelcome: false) { $0.credentialsFile = file.path }
        try file.write(trusted.credentials(expires: Int(Date().timeIntervalSince1970) - 10))
        try await check(server, isWelcome: false) { $0.credentialsFile = file.path }
        // Somebody's token with somebody else's key.
        let (first, second) = (trusted.credentials(), trusted.credentials())
        let mixed =
            first.prefix(upTo: first.range(of: "-----BEGIN USER")!.lowerBound)
            + second.suffix(from: second.range(of: "-----BEGIN USER")!.lowerBound)
        try file.write(String(mixed))
        try await check(server, isWelcome: false) { $0.credentialsFile = file.path }
    }

    /// The server ends the link when the token expires. The next link takes what the file holds by then.
    @Test func credentialsAreReadAnew() async throws {
        let trusted = TestOperator()
        let server = try NATSServerProcess(configuration: trusted.serverLines)
        defer { server.stop() }
        let file = try TemporaryFile(trusted.credentials(expires: Int(Date().timeIntervalSince1970) + 2))
        var configuration = quickConfiguration(ports: [server.port])
        configuration.credentialsFile = file.path
        try await withConnection(configuration) { connection in
            let reasons = Collected<NATSDisconnectReason>()
            connection.onStateChange { if case .disconnected(let reason, _) = $0 { reasons.append(reason) } }
            let received = Collected<String>()
            _ = connection.subscribe(subject: "a") { received.append($0.text) }
            #expect(await eventually { connection.isConnected })
            #expect(await eventually { reasons.count > 1 && !connection.isConnected })
            #expect(reasons.values.allSatisfy { $0.label == "authenticationFailed" }, "\(reasons.values)")
            #expect(reasons.values.first == .authenticationFailed("User Authentication Expired"))
            try file.write("")
            #expect(await eventually { connection.reason?.label == "credentialsUnusable" })
            #expect(connection.reason?.description.contains(file.path) == true)
            #expect(connection.publish(subject: "a", payload: Array("kept".utf8)) == .accepted)
            try file.write(trusted.credentials())
            #expect(await eventually { connection.isConnected })
            try await connection.flush()
            #expect(received.values == ["kept"])
        }
    }

    @Test func hashedPasswordAndPermissions() async throws {
        let rules = "authorization { users: [ { user: u, password: \"\(Self.hash)\", permissions: { publish: ok } } ] }"
        let server = try NATSServerProcess(configuration: rules)
        defer { server.stop() }
        try await check(server, isWelcome: true) { ($0.user, $0.password) = ("u", "s3cret") }
        try await check(server, isWelcome: false) { ($0.user, $0.password) = ("u", Self.hash) }
    }

    @Test func permissionsOfAToken() async throws {
        let trusted = TestOperator()
        let server = try NATSServerProcess(configuration: trusted.serverLines)
        defer { server.stop() }
        let file = try TemporaryFile(trusted.credentials(permissions: #""pub":{"allow":["ok"]},"sub":{"deny":["no"]}"#))
        var configuration = quickConfiguration(ports: [server.port])
        configuration.credentialsFile = file.path
        try await withConnection(configuration) { connection in
            #expect(await eventually { connection.isConnected })
            let errors = Collected<NATSServerError>()
            connection.onServerError { errors.append($0) }
            _ = connection.subscribe(subject: "no") { _ in }
            #expect(connection.publish(subject: "not.ok", payload: []) == .accepted)
            #expect(connection.publish(subject: "ok", payload: []) == .accepted)
            try await connection.flush()
            #expect(errors.values.map(\.kind) == [.permissions, .permissions])
            #expect(errors.values.map(\.subject) == ["no", "not.ok"])
        }
    }
}

/// A file that is gone with this object.
final class TemporaryFile {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("nats-\(UUID().uuidString)").path

    init(_ text: String) throws { try write(text) }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ text: String) throws { try text.write(toFile: path, atomically: true, encoding: .utf8) }
}

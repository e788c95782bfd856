import NATSClient
import TestSupport
import Testing

/// Encrypted links to a real nats-server.
@Suite(.serialized) struct NATSTLSTests {
    private let certificates: Certificates

    init() throws { certificates = try Certificates.shared.get() }

    private func server(
        _ certificate: String = "server", more: String = "", outside: String = ""
    ) throws -> NATSServerProcess {
        let files = "cert_file: \"\(certificates.file(certificate))\", key_file: \"\(certificates.key(certificate))\""
        return try NATSServerProcess(configuration: "tls { \(files), \(more) }\n\(outside)")
    }

    private func configuration(
        _ server: NATSServerProcess, host: String = "localhost",
        _ change: (inout NATSTLSConfiguration) -> Void = { _ in }
    ) -> NATSConfiguration {
        var configuration = quickConfiguration(ports: [])
        configuration.servers = [NATSServerAddress(host: host, port: server.port)]
        var tls = NATSTLSConfiguration()
        tls.authorityFile = certificates.file("ca")
        change(&tls)
        configuration.tls = tls
        return configuration
    }

    /// Publishes and gets it back: small, and larger than a TLS record.
    private func checkTraffic(_ connection: NATSConnection) async throws {
        #expect(await eventually { connection.isConnected }, "\(connection.state)")
        let received = Collected<Int>()
        _ = connection.subscribe(subject: "t") { received.append($0.payload.count) }
        for size in [0, 1, 100_000, 5] {
            #expect(connection.publish(subject: "t", payload: [UInt8](repeating: 1, count: size)) == .accepted)
        }
        try await connection.flush()
        #expect(received.values == [0, 1, 100_000, 5])
    }

    private func checkRefusal(_ configuration: NATSConfiguration, _ label: String, _ words: String) async throws {
        try await withConnection(configuration) { connection in
            #expect(await eventually { connection.reason != nil })
            #expect(connection.reason?.label == label)
            #expect(connection.reason?.description.contains(words) == true, "\(connection.state)")
            #expect(connection.statistics.reconnects == 0)
        }
    }

    @Test(arguments: ["localhost", "127.0.0.1"])
    func encrypts(_ host: String) async throws {
        let server = try server()
        defer { server.stop() }
        try await withConnection(configuration(server, host: host)) { connection in
            try await checkTraffic(connection)
            server.kill()
            #expect(await eventually { connection.reason != nil })
            try server.start()
            #expect(await eventually { connection.isConnected })
            try await connection.flush()
        }
    }

    @Test func encryptsFromTheFirstByte() async throws {
        let server = try server(more: "handshake_first: true")
        defer { server.stop() }
        try await withConnection(configuration(server) { $0.handshakeFirst = true }) { connection in
            try await checkTraffic(connection)
        }
        var late = configuration(server)
        late.connectTimeout = .milliseconds(200)
        try await checkRefusal(late, "handshakeTimeout", "in time")
    }

    @Test func namesItsServer() async throws {
        let server = try server("named")
        defer { server.stop() }
        try await withConnection(configuration(server) { $0.hostname = "nats.test" }) { connection in
            try await checkTraffic(connection)
        }
        try await checkRefusal(configuration(server), "tlsFailed", "name localhost")
        try await checkRefusal(configuration(server, host: "127.0.0.1"), "tlsFailed", "name 127.0.0.1")
        try await checkRefusal(configuration(server) { $0.hostname = "other.test" }, "tlsFailed", "name other.test")
    }

    @Test func refusesOtherAuthorities() async throws {
        let server = try server()
        defer { server.stop() }
        let other = configuration(server) { $0.authorityFile = certificates.file("other") }
        try await checkRefusal(other, "tlsFailed", "authority")
        try await checkRefusal(configuration(server) { $0.authorityFile = nil }, "tlsFailed", "authority")
        // Nobody asked for TLS, but the server: its certificate is verified all the same.
        var plain = configuration(server)
        plain.tls = nil
        try await checkRefusal(plain, "tlsFailed", "authority")
    }

    @Test func neverGoesOnInTheClear() async throws {
        let server = try NATSServerProcess()
        defer { server.stop() }
        try await checkRefusal(configuration(server), "tlsUnavailable", "offers none")
        try await checkRefusal(configuration(server) { $0.handshakeFirst = true }, "tlsFailed", "TLS")
    }

    @Test func takesAnOffer() async throws {
        let server = try server(outside: "allow_non_tls: true")
        defer { server.stop() }
        try await withConnection(configuration(server)) { try await checkTraffic($0) }
        var plain = configuration(server)
        plain.tls = nil
        try await withConnection(plain) { try await checkTraffic($0) }
    }

    @Test(arguments: [false, true])
    func showsItsOwnCertificate(_ isFirst: Bool) async throws {
        let server = try server(
            more: "verify: true, ca_file: \"\(certificates.file("ca"))\", handshake_first: \(isFirst)")
        defer { server.stop() }
        func configured(_ certificate: String?, key: String? = nil) -> NATSConfiguration {
            configuration(server) {
                $0.handshakeFirst = isFirst
                $0.certificateFile = certificate.map(certificates.file)
                $0.keyFile = (key ?? certificate).map(certificates.key)
            }
        }
        try await withConnection(configured("client")) { try await checkTraffic($0) }
        try await checkRefusal(configured(nil), "tlsFailed", "CERTIFICATE")
        try await checkRefusal(configured("other"), "tlsFailed", "TLS failed")
        try await checkRefusal(configured("client", key: "server"), "credentialsUnusable", "client.pem")
        try await checkRefusal(configured(nil, key: "client"), "credentialsUnusable", "both")
        try await checkRefusal(configured("nowhere"), "credentialsUnusable", "nowhere.pem")
    }

    /// The user is the one whose address stands in the certificate.
    @Test func logsInByItsCertificate() async throws {
        let users = "authorization { users: [ { user: \"client@nats.test\" } ] }"
        let server = try server(more: "verify_and_map: true, ca_file: \"\(certificates.file("ca"))\"", outside: users)
        defer { server.stop() }
        let own = configuration(server) {
            ($0.certificateFile, $0.keyFile) = (certificates.file("client"), certificates.key("client"))
        }
        try await withConnection(own) { try await checkTraffic($0) }
    }

    @Test func filesThatAreNoCertificates() async throws {
        let server = try server()
        defer { server.stop() }
        let key = configuration(server) { $0.authorityFile = certificates.key("ca") }
        try await checkRefusal(key, "credentialsUnusable", "no certificate")
        let missing = configuration(server) { $0.authorityFile = "/nowhere.pem" }
        try await checkRefusal(missing, "credentialsUnusable", "/nowhere.pem cannot be read: no such file")
    }

    /// A link that is dead costs no more time to leave with encryption than without.
    @Test func frozenServerIsLeftAtOnce() async throws {
        let server = try server()
        defer { server.stop() }
        var configuration = configuration(server)
        configuration.pingInterval = .milliseconds(100)
        try await withConnection(configuration) { connection in
            #expect(await eventually { connection.isConnected })
            server.pause()
            #expect(await eventually(within: .seconds(2)) { connection.reason != nil })
            server.resume()
            #expect(await eventually { connection.isConnected })
        }
    }
}

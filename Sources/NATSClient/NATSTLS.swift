internal import NIOCore
internal import NIOSSL

/// The TLS of a link, through BoringSSL.
enum NATSTLS {
    /// How long a closing link waits for the other side's goodbye.
    private static var closeTime: TimeAmount { .milliseconds(250) }

    /// Reads the files. Blocks, and takes milliseconds even without any.
    static func context(_ configuration: NATSTLSConfiguration) throws(NATSCredentialError) -> NIOSSLContext {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        tls.certificateVerification = .fullVerification
        tls.shutdownTimeout = closeTime
        if let file = configuration.authorityFile { tls.trustRoots = .certificates(try certificates(file)) }
        switch (configuration.certificateFile, configuration.keyFile) {
        case (let certificateFile?, let keyFile?):
            tls.certificateChain = try certificates(certificateFile).map { .certificate($0) }
            tls.privateKey = .privateKey(try key(keyFile))
        case (nil, nil): break
        default: throw .init("a client certificate needs both its file and the file of its key")
        }
        do {
            return try NIOSSLContext(configuration: tls)
        } catch {
            throw .init("the certificate \(configuration.certificateFile ?? "") and its key cannot be used together")
        }
    }

    private static func certificates(_ file: String) throws(NATSCredentialError) -> [NIOSSLCertificate] {
        let bytes = Array(try NATSFile.read(file).utf8)
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(bytes), !certificates.isEmpty else {
            throw .init("the file \(file) holds no certificate in PEM")
        }
        return certificates
    }

    private static func key(_ file: String) throws(NATSCredentialError) -> NIOSSLPrivateKey {
        let bytes = Array(try NATSFile.read(file).utf8)
        guard let key = try? NIOSSLPrivateKey(bytes: bytes, format: .pem) else {
            throw .init("the file \(file) holds no private key in PEM without a passphrase")
        }
        return key
    }

    /// - Parameter name: what the certificate must bear; an address is compared with that of the socket.
    static func handler(_ context: NIOSSLContext, name: String) throws -> NIOSSLClientHandler {
        try NIOSSLClientHandler(context: context, serverHostname: isAddress(name) ? nil : name)
    }

    static func isAddress(_ host: String) -> Bool {
        (try? SocketAddress(ipAddress: host, port: 0)) != nil
    }

    /// What an error says about the handshake; nil if it is not one of TLS.
    ///
    /// - Parameter name: as in ``handler(_:name:)``.
    static func problem(_ error: any Error, name: String) -> String? {
        guard error is NIOSSLError || error is BoringSSLError || error is NIOSSLExtraError
        else { return nil }
        let text = "\(error)"
        if text.contains("CERTIFICATE_VERIFY_FAILED") {
            return "no trusted authority has signed the server's certificate, or it is out of date"
        }
        if text.contains("failedToValidateHostname") || text.contains("unableToValidateCertificate") {
            return "the server's certificate does not bear the name \(name)"
        }
        if text.contains("WRONG_VERSION_NUMBER") { return "the server did not answer in TLS" }
        return reasonWord(text) ?? text
    }

    /// `TLSV1_ALERT_CERTIFICATE_REQUIRED` out of BoringSSL's long line.
    private static func reasonWord(_ text: String) -> String? {
        guard let start = text.firstRange(of: "OPENSSL_internal:")?.upperBound else { return nil }
        return String(text[start...].prefix { $0.isLetter || $0.isNumber || $0 == "_" })
    }
}

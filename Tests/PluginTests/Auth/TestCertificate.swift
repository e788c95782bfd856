import Crypto
import Foundation
import NIOSSL
import SwiftASN1
import X509

/// A certificate for a server of a test, signed by an authority of its own.
struct TestCertificate {
    /// In PEM.
    let authority: String
    private let certificate: String
    private let key: String

    /// - Parameter address: what it is for, an address of IPv4.
    init(address: [UInt8] = [127, 0, 0, 1]) throws {
        let root = try DistinguishedName { CommonName("tests") }
        let rootKey = P256.Signing.PrivateKey()
        let serverKey = P256.Signing.PrivateKey()
        authority = try Self.pem(
            Certificate.Extensions { Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil)) },
            subject: root, of: rootKey, issuer: root, by: rootKey)
        let names = SubjectAlternativeNames([.ipAddress(ASN1OctetString(contentBytes: address[...]))])
        certificate = try Self.pem(
            try Certificate.Extensions { names }, subject: try DistinguishedName { CommonName("server") },
            of: serverKey, issuer: root, by: rootKey)
        key = serverKey.pemRepresentation
    }

    private static func pem(
        _ extensions: Certificate.Extensions, subject: DistinguishedName, of key: P256.Signing.PrivateKey,
        issuer: DistinguishedName, by signer: P256.Signing.PrivateKey
    ) throws -> String {
        try Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(key.publicKey),
            notValidBefore: Date(timeIntervalSinceNow: -60), notValidAfter: Date(timeIntervalSinceNow: 86400),
            issuer: issuer, subject: subject, signatureAlgorithm: .ecdsaWithSHA256, extensions: extensions,
            issuerPrivateKey: .init(signer)
        ).serializeAsPEM().pemString
    }

    /// For the server.
    var tls: NIOSSLContext {
        get throws {
            try NIOSSLContext(
                configuration: .makeServerConfiguration(
                    certificateChain: try NIOSSLCertificate.fromPEMBytes(Array(certificate.utf8)).map {
                        .certificate($0)
                    },
                    privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(key.utf8), format: .pem))))
        }
    }
}

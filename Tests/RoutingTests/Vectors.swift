import Foundation
import Routing
import Testing

/// The App Engine vectors, as far as this module needs them.
enum Vectors {
    struct DispatchFile: Decodable {
        let cases: [DispatchCase]
    }

    struct DispatchCase: Decodable, CustomTestStringConvertible {
        let id: String
        let yaml: String
        let services: [String]
        let app: App?
        let adminRules: [AdminRule]
        let requests: [Request]

        var testDescription: String { id }
    }

    struct App: Decodable {
        let project: String?
        let region: String?
        let customDomains: [String]?
        let versions: [String: [String]]?
    }

    struct AdminRule: Decodable {
        let domain: String
        let path: String
        let service: String
    }

    struct Request: Decodable {
        let host: String
        let path: String
        let expectedService: String?
        let why: String
        let rule: Int?
        let version: String?
        let instance: String?
    }

    struct ValidityFile: Decodable {
        let items: [ValidityItem]
    }

    struct ValidityItem: Decodable {
        let id: String
        let yaml: String
        let valid: Bool
        let reason: String?
    }

    static func load<Contents: Decodable>(_ name: String, as type: Contents.Type) throws -> Contents {
        let url = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/appengine/\(name)")
        return try JSONDecoder().decode(type, from: Data(contentsOf: url))
    }

    /// Every quoted `url` of a YAML text. The YAML reader has tests of its own.
    static func patterns(_ yaml: String) -> [String] {
        yaml.matches(of: /url: *"([^"]*)"/).map { String($0.output.1) }
    }

    static func serviceNames(_ yaml: String) -> [String] {
        yaml.matches(of: /(?:service|module): *"?([^\s,}"]+)/).map { String($0.output.1) }
    }

    static func rules(_ yaml: String) throws -> [DispatchRule] {
        try zip(patterns(yaml), serviceNames(yaml)).map { pattern, service in
            DispatchRule(pattern: try DispatchPattern(pattern), service: service)
        }
    }
}

extension Vectors.DispatchCase {
    func dispatcher() throws -> Dispatcher {
        let identities = services.map { name in
            ServiceIdentity(name: name, versions: app?.versions?[name] ?? ["v1"])
        }
        return Dispatcher(
            rules: try Vectors.rules(yaml),
            app: AppIdentity(
                project: app?.project ?? "gae-lab-001", region: app?.region ?? "uc",
                customDomains: app?.customDomains ?? [], services: identities))
    }
}

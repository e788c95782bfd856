internal import PluginKit

/// What guards that ask a server have in common.
struct EndpointSettings {
    static let authorities = SettingDeclaration(
        "ca", .path, isOptional: true,
        summary: "Certificates of the authorities to trust for `https`, in PEM; the system's without it.")
    static let plain = SettingDeclaration(
        "plain-http", .boolean, default: .boolean(false),
        summary: "Allow `http` to other machines, where anybody on the way can read and change what is said.")

    private let authorities: [UInt8]?
    private let allowsPlain: Bool
    private let shared: SharedObjects

    init(_ settings: Settings, _ context: HandlerContext) throws(Problem) {
        shared = context.shared
        allowsPlain = settings.boolean("plain-http") ?? false
        guard let path = settings.string("ca") else {
            authorities = nil
            return
        }
        do throws(Problem) {
            authorities = try SmallFile.read(
                path.hasPrefix("/") ? path : "\(context.directory)/\(path)", limit: 1 << 20)
        } catch {
            throw Problem("the file '\(path)' cannot be read: \(error.reason)")
        }
    }

    func client(_ url: String) throws(Problem) -> HTTPClient {
        guard let endpoint = HTTPEndpoint(url) else {
            throw Problem("it is no URL like https://example.com/path, without a user")
        }
        guard endpoint.isSecure || endpoint.isLoopback || allowsPlain else {
            throw Problem("it is not encrypted; use https, or allow it with plain-http: true")
        }
        return try HTTPClient(endpoint, authorities: authorities, shared: shared)
    }
}

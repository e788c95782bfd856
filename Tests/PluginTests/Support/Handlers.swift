import Logging
import PluginKit
import Testing

/// Makes handlers the way the host does: settings declared by the plugin, defaults filled in.
enum Handlers {
    static func http(
        _ name: String, of plugin: any Plugin.Type, _ settings: [String: SettingValue] = [:], bus: any Bus = FakeBus(),
        directory: String = "/", parameters: [String] = [], shared: SharedObjects = SharedObjects()
    ) throws -> any HTTPHandler {
        let declaration = try declaration(name, of: plugin)
        guard case .http(let make) = declaration.make else { throw Unexpected("\(name) serves no routes") }
        return try make(filled(settings, declaration), context(bus, directory, parameters, shared))
    }

    static func socket(_ name: String, of plugin: any Plugin.Type) throws -> any SocketHandler {
        let declaration = try declaration(name, of: plugin)
        guard case .socket(let make) = declaration.make else { throw Unexpected("\(name) serves no channels") }
        return try make(filled([:], declaration), context(FakeBus(), "/"))
    }

    static func middleware(
        _ name: String, of plugin: any Plugin.Type, _ settings: [String: SettingValue] = [:], bus: any Bus = FakeBus(),
        directory: String = "/"
    ) throws -> any Middleware {
        let declaration = try declaration(name, of: plugin)
        guard case .middleware(let make) = declaration.make else { throw Unexpected("\(name) is no middleware") }
        return try make(filled(settings, declaration), context(bus, directory))
    }

    static func declaration(_ name: String, of plugin: any Plugin.Type) throws -> HandlerDeclaration {
        try #require(plugin.handlers.first { $0.name == name })
    }

    static func filled(_ settings: [String: SettingValue], _ declaration: HandlerDeclaration) -> Settings {
        var values = settings
        for setting in declaration.settings where values[setting.name] == nil {
            values[setting.name] = setting.defaultValue
        }
        return Settings(values)
    }

    private static func context(
        _ bus: any Bus, _ directory: String, _ parameters: [String] = [], _ shared: SharedObjects = SharedObjects()
    ) -> HandlerContext {
        HandlerContext(
            bus: bus, logger: Logger(label: "test"), directory: directory, parameterNames: parameters, shared: shared)
    }
}

struct Unexpected: Error {
    var what: String

    init(_ what: String) { self.what = what }
}

extension HTTPHandler {
    /// The response to a request that must be answered at once.
    func answer(_ request: Request) throws -> Response {
        let reply: Reply = respond(to: request)
        guard case .now(let response) = reply else { throw Unexpected("\(reply)") }
        return response
    }
}

extension Middleware {
    /// What it answers, or nil with the request as it goes on. Late decisions are waited for.
    func decide(_ request: Request) async throws -> (answer: Response?, request: Request) {
        var request = request
        switch before(&request) {
        case .next: return (nil, request)
        case .answer(let response): return (response, request)
        case .pending(let pending):
            let outcome = await withCheckedContinuation { continuation in
                pending.deliver { continuation.resume(returning: $0) }
            }
            switch try outcome.get() {
            case .next(let request): return (nil, request)
            case .answer(let response): return (response, request)
            }
        }
    }
}

extension Response {
    /// The body of an answer that is not streamed.
    var bytes: Payload {
        get throws {
            guard case .bytes(let bytes) = body else { throw Unexpected("\(body)") }
            return bytes
        }
    }

    var text: String { get throws { try bytes.text } }
}

extension HTTPHandler {
    /// The response to a request, whenever it comes.
    func outcome(_ request: Request) async throws -> Response {
        switch respond(to: request) as Reply {
        case .now(let response): return response
        case .failed(let error): throw error
        case .pending(let pending):
            return try await withCheckedContinuation { continuation in
                pending.deliver { continuation.resume(returning: $0) }
            }.get()
        }
    }
}

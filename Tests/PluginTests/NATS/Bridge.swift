import Logging
import NATSPlugin
import PluginKit
import Synchronization
import TestSupport

/// Makes `nats.bridge` for a channel with these parameters, the way the host does.
enum Bridge {
    static func make(
        _ subject: String?, _ settings: [String: SettingValue] = [:], reserved: Bool? = nil,
        parameters: [String] = ["topic"], rest: String? = nil, bus: any Bus = ScriptedBus(),
        shared: SharedObjects = SharedObjects()
    ) throws -> any SocketHandler {
        guard case .socket(let make) = try declaration.make else { throw Unexpected("nats.bridge serves no channels") }
        var values = settings
        if let subject { values["subject"] = .string(subject) }
        if let reserved { values["reserved"] = .boolean(reserved) }
        let context = HandlerContext(
            bus: bus, logger: Logger(label: "test"), directory: "/", parameterNames: parameters, restParameter: rest,
            shared: shared)
        return try make(Handlers.filled(values, declaration), context)
    }

    static var declaration: HandlerDeclaration {
        get throws { try Handlers.declaration("nats.bridge", of: NATSPlugin.self) }
    }
}

extension SocketHandler {
    /// A socket that came of an accepted handshake whose path has these parameters, and its session.
    func open(
        _ parameters: [(String, String)], _ identity: Identity? = nil, target: String = "/",
        headers: HeaderFields = HeaderFields()
    ) throws -> (RecordingSocket, any SocketSession) {
        let request = Request(parameters, identity, target: target, headers: headers)
        guard case .accept(_, let open) = admit(request) else { throw Unexpected("not accepted") }
        let socket = RecordingSocket()
        return (socket, open(socket))
    }

    /// The subprotocol that an accepted handshake is answered with.
    func subprotocol(_ offers: [String], _ identity: Identity? = nil) throws -> String? {
        var headers = HeaderFields()
        for offer in offers { headers.append("Sec-WebSocket-Protocol", offer) }
        guard case .accept(let chosen, _) = admit(Request([], identity, headers: headers)) else {
            throw Unexpected("not accepted")
        }
        return chosen
    }

    /// The answer to a handshake that must be turned away.
    func rejection(
        _ parameters: [(String, String)], _ identity: Identity? = nil, target: String = "/",
        headers: HeaderFields = HeaderFields()
    ) throws -> Response {
        guard case .reject(let response) = admit(Request(parameters, identity, target: target, headers: headers))
        else { throw Unexpected("accepted") }
        return response
    }
}

extension Request {
    /// What comes in on a path with these parameters.
    init(
        _ parameters: [(String, String)], _ identity: Identity? = nil, _ method: Method = .get, target: String = "/",
        headers: HeaderFields = HeaderFields()
    ) {
        self.init(
            head: RequestHead(method: method, target: target, host: "localhost", headers: headers),
            parameters: Parameters(names: parameters.map(\.0), values: parameters.map(\.1)),
            id: RequestID(rawValue: 0xAB), identity: identity)
    }
}

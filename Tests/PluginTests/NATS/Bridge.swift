import Logging
import NATSPlugin
import PluginKit
import Synchronization

/// Makes `nats.bridge` for a channel with these parameters, the way the host does.
enum Bridge {
    static func make(
        _ subject: String, reserved: Bool? = nil, parameters: [String] = ["topic"], rest: String? = nil,
        bus: any Bus = ScriptedBus()
    ) throws -> any SocketHandler {
        let declaration = try declaration
        guard case .socket(let make) = declaration.make else { throw Unexpected("nats.bridge serves no channels") }
        var values: [String: SettingValue] = ["subject": .string(subject)]
        for setting in declaration.settings where values[setting.name] == nil {
            values[setting.name] = setting.defaultValue
        }
        if let reserved { values["reserved"] = .boolean(reserved) }
        return try make(
            Settings(values),
            HandlerContext(
                bus: bus, logger: Logger(label: "test"), directory: "/", parameterNames: parameters, restParameter: rest
            ))
    }

    static var declaration: HandlerDeclaration {
        get throws {
            guard let found = NATSPlugin.handlers.first(where: { $0.name == "nats.bridge" }) else {
                throw Unexpected("no nats.bridge")
            }
            return found
        }
    }
}

extension SocketHandler {
    /// The decision on a handshake whose path has these parameters.
    func admit(_ parameters: [(String, String)]) -> Admission {
        admit(
            Request(
                parameters: Parameters(names: parameters.map(\.0), values: parameters.map(\.1)),
                id: RequestID(rawValue: 0xAB)))
    }

    /// A socket that came of an accepted handshake, and its session.
    func open(_ parameters: [(String, String)]) throws -> (RecordingSocket, any SocketSession) {
        guard case .accept(nil, let open) = admit(parameters) else { throw Unexpected("not accepted") }
        let socket = RecordingSocket()
        return (socket, open(socket))
    }

    /// The answer to a handshake that must be turned away.
    func rejection(_ parameters: [(String, String)]) throws -> Response {
        guard case .reject(let response) = admit(parameters) else { throw Unexpected("accepted") }
        return response
    }
}

/// A bus that answers what the test says and remembers what it was asked.
final class ScriptedBus: Bus {
    private struct Subscription: BusSubscription {
        func cancel() {}
    }

    let isAvailable: Bool
    private let result: PublishResult
    private let messages = Mutex<[BusMessage]>([])
    private let subjects = Mutex<[String]>([])

    init(isAvailable: Bool = true, result: PublishResult = .accepted) {
        self.isAvailable = isAvailable
        self.result = result
    }

    var published: [BusMessage] { messages.withLock { $0 } }
    var subscribed: [String] { subjects.withLock { $0 } }

    func publish(_ message: BusMessage) -> PublishResult {
        messages.withLock { $0.append(message) }
        return result
    }

    func subscribe(
        _ subject: String, queue: String?, deliver: @escaping @Sendable (BusMessage) -> Void
    ) -> any BusSubscription {
        subjects.withLock { $0.append(subject) }
        return Subscription()
    }
}

/// Remembers what a session does with its socket.
final class RecordingSocket: Socket {
    enum Call: Equatable {
        case send
        case join(String)
        case leave(String)
        case close(UInt16, String)
    }

    private let state = Mutex<[Call]>([])

    var calls: [Call] { state.withLock { $0 } }

    func send(_ message: SocketMessage) { state.withLock { $0.append(.send) } }
    func close(code: UInt16, reason: String) { state.withLock { $0.append(.close(code, reason)) } }
    func join(_ feed: Feed) { state.withLock { $0.append(.join(feed.subject)) } }
    func hold(until congestion: Congestion) {}
    var id: UInt64 { 7 }
    func leave(_ subject: String) { state.withLock { $0.append(.leave(subject)) } }
    func expire(at time: Int64?) {}
}

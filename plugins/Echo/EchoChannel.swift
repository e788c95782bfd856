internal import PluginKit

/// Sends each message back as it came: text as text, binary as binary.
struct EchoChannel: SocketHandler {
    func admit(_ request: Request) -> Admission {
        .accept { socket in Session(socket: socket) }
    }

    private struct Session: SocketSession {
        let socket: any Socket

        mutating func received(_ message: SocketMessage) { socket.send(message) }
    }
}

import HTTPWire
import NIOCore
import PluginKit
import WebSocketWire

extension HTTP1Connection {
    /// A WebSocket handshake on a channel (RFC 6455 §4.2). Returns whether the next request can be read at once.
    ///
    /// - Parameter early: what the client sent behind its request.
    func upgrade(_ socketHandler: any SocketHandler, _ policy: RoutePolicy, early: ByteBuffer) -> Bool {
        let head = slot.request.head
        guard let key = head.fields["Sec-WebSocket-Key"], let accept = WebSocketHandshake.acceptKey(for: key),
            head.fields.values("Sec-WebSocket-Key").count == 1
        else { return send(failure(400, "Sec-WebSocket-Key must be 16 bytes in base64, once")) }
        let terms: PerMessageDeflate?
        do {
            terms = try compression(policy)
        } catch {
            return send(failure(400, "Sec-WebSocket-Extensions is not what RFC 6455 §9.1 says"))
        }
        // A guard may have taken its time.
        if loop.isDraining { return send(goingAway) }
        switch socketHandler.admit(slot.request) {
        case .reject(let response):
            return send(response)
        case .accept(let subprotocol, let begin):
            return openSocket(begin, answer(accept, subprotocol, terms), policy, terms, early)
        }
    }

    /// The fields of the answer that agrees.
    private func answer(_ accept: String, _ subprotocol: String?, _ terms: PerMessageDeflate?) -> HeaderFields {
        var fields = HeaderFields()
        fields.append("Upgrade", "websocket")
        fields.append("Sec-WebSocket-Accept", accept)
        if let subprotocol { fields.append("Sec-WebSocket-Protocol", subprotocol) }
        if let terms { fields.append("Sec-WebSocket-Extensions", terms.response) }
        return fields
    }

    private func openSocket(
        _ begin: @Sendable (any Socket) -> any SocketSession, _ fields: HeaderFields, _ policy: RoutePolicy,
        _ terms: PerMessageDeflate?, _ early: ByteBuffer
    ) -> Bool {
        do {
            try loop.gather { out throws(UnsendableResponse) in
                try ResponseWriter.head(
                    status: 101, fields: fields, framing: .none, connection: .upgrade, minorVersion: 1, date: [],
                    to: &out)
            }
        } catch {
            return send(failure(500, "internal error"))
        }
        exchange.status = 101
        record()
        // Unsent until the socket has joined its subjects: who reads the 101 counts on hearing what comes after.
        let guards = exchange.middleware.isEmpty ? [] : socketGuards()
        let expires = slot.request.identity?.expires
        let socket = WebSocketConnection(handler: handler, policy: policy, guards: guards, terms: terms)
        phase = .lingering
        handler.become(socket)
        if let expires { socket.expire(at: expires) }
        socket.start(begin, early: early)
        return false
    }

    /// What is agreed of permessage-deflate; nil: nothing.
    private func compression(_ policy: RoutePolicy) throws(MalformedExtensions) -> PerMessageDeflate? {
        guard var settings = policy.limits.compression else { return nil }
        if loop.takeoverSockets >= WebSocketConnection.mostTakeovers { settings.allowsTakeover = false }
        return try PerMessageDeflate.negotiate(slot.request.head.fields.values("Sec-WebSocket-Extensions"), settings)
    }

    /// What is wrong with a handshake, whoever sends it.
    func handshakeProblem(_ policy: RoutePolicy) -> Response? {
        let head = slot.request.head
        let version = head.fields.values("Sec-WebSocket-Version")
        if version != [WebSocketHandshake.version] {
            return failure(426, "this server speaks WebSocket version 13", ["Sec-WebSocket-Version": "13", "Upgrade": "websocket"])
        }
        guard framing.body == .none || framing.body == .length(0) else { return failure(400, "a handshake has no body") }
        if loop.isDraining { return goingAway }
        guard head.fields.values("Origin").count < 2, Origin.isAllowed(head.fields["Origin"], host: head.host, policy.limits.origins) else {
            return failure(403, "this origin may not open sockets here")
        }
        return nil
    }
}

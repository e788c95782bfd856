import PluginKit

/// `nats.publish`: publishes a request's body; with `ack` it answers once a stream has stored it.
struct PublishHandler: HTTPHandler {
    static let declaration = HandlerDeclaration(
        name: "nats.publish", summary: "Publishes the request's body to a subject.",
        settings: SubjectSettings.declarations + [
            SettingDeclaration(
                "ack", .boolean, default: .boolean(false),
                summary: "Answer once a stream has stored the message, with its place there."),
            SettingDeclaration(
                "timeout", .duration, default: .duration(.seconds(5)), summary: "How long a stream may take to store."),
            SettingDeclaration(
                "headers", .list, isOptional: true, summary: "Header fields that travel on with the message."),
        ],
        make: .http { try PublishHandler(settings: $0, context: $1) })

    private let subject: SubjectSettings
    private let headers: MessageHeaders
    private let waits: Bool
    private let timeout: Duration
    private let bus: any Bus

    /// Streams remember the names of messages for a while.
    private static let longestID = 256
    /// As long as a socket that publishes is held.
    private static let longestHold = Duration.seconds(10)

    private init(settings: Settings, context: HandlerContext) throws {
        subject = try SubjectSettings(settings, context)
        headers = try MessageHeaders(settings)
        waits = settings.boolean("ack") ?? false
        timeout = settings.duration("timeout") ?? .seconds(5)
        bus = context.bus
    }

    func respond(to request: Request) -> Reply {
        do throws(Refusal) {
            return try publish(request)
        } catch {
            return .now(error.response)
        }
    }

    private func publish(_ request: Request) throws(Refusal) -> Reply {
        let subject = try subject.subject(request)
        guard request.identity?.permissions.allowsPublish(subject) ?? true else {
            throw Refusal(403, "you may not publish to this subject", request)
        }
        let message = BusMessage(
            subject: subject, payload: request.body, frame: request.frame, headers: headers.of(request))
        if waits { return try store(message, request) }
        let accepted = Response(
            status: 202, headers: ["Content-Type": "application/json; charset=utf-8"],
            body: .bytes(Payload(text: "{}\n")))
        switch bus.publish(message) {
        case .accepted: return .now(accepted)
        case .congested(let congestion):
            // The publisher waits for its answer until there is room again.
            let pending = PendingResponse()
            congestion.whenRelieved { pending.complete(accepted) }
            // It is published: no client should think otherwise because others are slow.
            Task {
                try? await Task.sleep(for: Self.longestHold)
                pending.complete(accepted)
            }
            return .pending(pending)
        case .refused(let reason): throw Refusal(.refused(reason), request)
        case .tooLarge(let limit): throw Refusal(.tooLarge(limit: limit), request)
        }
    }

    private func store(_ message: BusMessage, _ request: Request) throws(Refusal) -> Reply {
        let id = request.headers["Nats-Msg-Id"] ?? request.headers["Idempotency-Key"]
        if let id, id.utf8.count > Self.longestID {
            throw Refusal(400, "the name of a message has at most \(Self.longestID) bytes", request)
        }
        let pending = PendingResponse()
        let task = Task { [bus, timeout] in
            do throws(BusFailure) {
                let receipt = try await bus.store(message, id: id, timeout: timeout)
                pending.complete(Self.answer(receipt))
            } catch .noResponders {
                pending.complete(Refusal(503, "no stream keeps this subject", request, retry: 1).response)
            } catch {
                pending.complete(Refusal(error, request).response)
            }
        }
        pending.onCancel { task.cancel() }
        return .pending(pending)
    }

    private static func answer(_ receipt: StoreReceipt) -> Response {
        var json: [UInt8] = Array(#"{"stream":"#.utf8)
        JSONText.append(receipt.stream, to: &json)
        json += #","id":"#.utf8
        JSONText.append(receipt.token.description, to: &json)
        json += #","sequence":\#(receipt.token.sequence),"duplicate":\#(receipt.isDuplicate)}"#.utf8
        json.append(UInt8(ascii: "\n"))
        return Response(headers: ["Content-Type": "application/json; charset=utf-8"], body: .bytes(json))
    }
}

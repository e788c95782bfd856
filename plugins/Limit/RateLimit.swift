internal import Glibc
package import PluginKit

/// `limit.rate`: so many requests, or so many messages of sockets, and no more.
package final class RateLimit: Middleware {
    /// Nanoseconds since some moment, never going back.
    package typealias Clock = @Sendable () -> Int64

    private enum Subject {
        case requests
        /// Whether a message too many closes the socket.
        case messages(closes: Bool)
    }

    static let declaration = HandlerDeclaration(
        name: "limit.rate", summary: "Answers 429 to requests past a rate, or stops messages of sockets past one.",
        settings: [
            SettingDeclaration(
                "requests", .string, isOptional: true,
                summary: "How many requests and handshakes: `10/s`, `100/m` or `1000/h`."),
            SettingDeclaration(
                "messages", .string, isOptional: true, summary: "Or how many messages that clients send on sockets."),
            SettingDeclaration(
                "burst", .integer(1...Rate.limit), isOptional: true,
                summary: "How many may come at once; without it as many as in one second, minute or hour."),
            SettingDeclaration(
                "by", .choice(ClientKey.allCases.map(\.rawValue)), isOptional: true,
                summary:
                    "What is counted together: `address` (without it, for requests), `identity`, `path`, `all`, or "
                    + "`connection` (without it, for messages)."),
            SettingDeclaration(
                "excess", .choice(["close", "drop"]), isOptional: true,
                summary: "What a message too many does: `close` the socket with 1008, or `drop` the message."),
        ],
        make: .middleware { settings, _ in try RateLimit(settings, clock: monotonicTime) })

    private let subject: Subject
    private let key: ClientKey
    private let rate: Rate
    private let table: BucketTable
    private let clock: Clock

    package init(_ settings: Settings, clock: @escaping Clock) throws {
        let name: String
        let text: String
        switch (settings.string("requests"), settings.string("messages")) {
        case (let requests?, nil): (name, text) = ("requests", requests)
        case (nil, let messages?): (name, text) = ("messages", messages)
        case (nil, nil): throw SettingError(message: "this limits nothing", hint: "give it requests or messages")
        case (_?, _?):
            throw SettingError(
                "messages", message: "requests and messages are limited apart", hint: "write two steps of limit.rate")
        }
        guard let rate = Rate(text, burst: settings.integer("burst")) else {
            throw SettingError(
                name, message: "'\(text)' is no rate",
                hint: "write a number from 1 to \(Rate.limit) for each second, minute or hour: 10/s, 100/m, 1000/h")
        }
        let isOfMessages = name == "messages"
        key = settings.string("by").flatMap(ClientKey.init) ?? (isOfMessages ? .connection : .address)
        if !isOfMessages, key == .connection {
            throw SettingError(
                "by", message: "requests are not counted by connection", hint: "use address, identity, path or all")
        }
        if !isOfMessages, settings.string("excess") != nil {
            throw SettingError("excess", message: "a request too many is answered 429", hint: "remove 'excess'")
        }
        subject = isOfMessages ? .messages(closes: settings.string("excess") != "drop") : .requests
        self.rate = rate
        self.clock = clock
        table = BucketTable(rate)
    }

    package func before(_ request: inout Request) -> Passage {
        guard case .requests = subject, case .empty(let wait) = table.take(key.hash(of: request), now: clock()) else {
            return .next
        }
        var response = ErrorEnvelope(
            status: 429, message: "too many requests; try again later", requestID: request.id
        ).response
        // Whole seconds (RFC 9110 §10.2.3), none too few.
        response.headers.append("Retry-After", "\(wait / 1_000_000_000 + 1)")
        return .answer(response)
    }

    package func socketGuard(for request: Request) -> (any SocketGuard)? {
        guard case .messages(let closes) = subject else { return nil }
        let verdict: SocketVerdict =
            closes ? .close(code: 1008, reason: "too many messages") : .drop(reason: "too many messages")
        if key == .connection { return OwnRate(rate: rate, clock: clock, verdict: verdict) }
        return SharedRate(table: table, key: key.hash(of: request), clock: clock, verdict: verdict)
    }

    /// A bucket of the socket's own.
    private struct OwnRate: SocketGuard {
        let rate: Rate
        let clock: Clock
        let verdict: SocketVerdict
        var bucket = TokenBucket()

        mutating func received(_ message: SocketMessage) -> SocketVerdict {
            bucket.take(rate, now: clock()) == .taken ? .pass : verdict
        }
    }

    /// A bucket that others take from as well.
    private struct SharedRate: SocketGuard {
        let table: BucketTable
        let key: UInt64
        let clock: Clock
        let verdict: SocketVerdict

        func received(_ message: SocketMessage) -> SocketVerdict {
            table.take(key, now: clock()) == .taken ? .pass : verdict
        }
    }
}

@Sendable private func monotonicTime() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

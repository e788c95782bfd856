import NATSClient
import Testing

@Suite struct NATSSessionTests {
    private static func info(tls: Bool = false, offer: Bool = false, headers: Bool = true) -> NATSServerInfo {
        var info = NATSServerInfo()
        info.requiresTLS = tls
        info.offersTLS = offer
        info.supportsHeaders = headers
        return info
    }

    private static let info = NATSSession.Event.operation(.info(info()))
    private static let pong = NATSSession.Event.operation(.pong)
    private static let message = NATSSession.Event.operation(.message(subscription: 1, NATSMessage(subject: "s")))
    private static func error(_ text: String) -> NATSSession.Event { .operation(.error(NATSServerError(text: text))) }

    private static let cases: [([NATSSession.Event], [String])] = [
        ([info, pong, message, pong], ["connect", "ready", "deliver", "confirm"]),
        ([info, .operation(.ping), .operation(.ok), pong], ["connect", "pong", "-", "ready"]),
        ([info, info, pong, info], ["connect", "-", "ready", "update"]),
        ([.operation(.info(info(headers: false)))], ["fail protocolViolation"]),
        ([pong], ["fail protocolViolation"]),
        ([message], ["fail protocolViolation"]),
        ([info, message], ["connect", "fail protocolViolation"]),
        ([info, error("Authorization Violation"), pong], ["connect", "fail authenticationFailed", "-"]),
        ([info, error("something else")], ["connect", "fail serverError"]),
        ([error("maximum connections exceeded")], ["fail serverError"]),
        ([.handshakeDeadline, info], ["fail handshakeTimeout", "-"]),
        ([info, .handshakeDeadline], ["connect", "fail handshakeTimeout"]),
        ([info, pong, .handshakeDeadline], ["connect", "ready", "-"]),
        ([.probe, info, .probe, pong], ["-", "connect", "-", "ready"]),
        (
            [info, pong, .probe, pong, .probe, .probe, .probe],
            ["connect", "ready", "ping", "confirm", "ping", "ping", "fail stale"]
        ),
        (
            [info, pong, error("Permissions Violation for Publish to \"a\""), message],
            ["connect", "ready", "report", "deliver"]
        ),
        ([info, pong, error("Slow Consumer"), message], ["connect", "ready", "fail serverError", "-"]),
        ([info, pong, error("User Authentication Expired")], ["connect", "ready", "fail authenticationFailed"]),
    ]

    @Test(arguments: cases)
    func answers(_ events: [NATSSession.Event], _ expected: [String]) {
        var session = NATSSession(maxPingsOut: 2)
        #expect(events.map { describe(session.handle($0)) } == expected)
    }

    private static let secure = NATSSession.Event.operation(.info(info(tls: true)))
    private static let offering = NATSSession.Event.operation(.info(info(offer: true)))

    private static let secureCases: [(wants: Bool, first: Bool, [NATSSession.Event], [String])] = [
        (false, false, [secure, .secured, pong, message], ["tls", "connect", "ready", "deliver"]),
        (false, false, [offering, .secured, pong], ["connect", "-", "ready"]),
        (true, false, [offering, .secured, pong], ["tls", "connect", "ready"]),
        (true, false, [info, pong], ["fail tlsUnavailable", "-"]),
        (true, true, [secure, pong], ["connect", "ready"]),
        (true, true, [.secured, info, pong], ["-", "connect", "ready"]),
        // What comes in the clear behind the server's last words in the clear.
        (false, false, [secure, .operation(.ping), .secured], ["tls", "fail tlsFailed", "-"]),
        (false, false, [secure, secure], ["tls", "fail tlsFailed"]),
        (false, false, [secure, error("Authorization Violation")], ["tls", "fail tlsFailed"]),
        (false, false, [secure, .handshakeDeadline, .secured], ["tls", "fail handshakeTimeout", "-"]),
    ]

    @Test(arguments: secureCases)
    func secures(_ wants: Bool, _ first: Bool, _ events: [NATSSession.Event], _ expected: [String]) {
        var session = NATSSession(maxPingsOut: 2, wantsTLS: wants, isSecure: first)
        #expect(events.map { describe(session.handle($0)) } == expected)
    }

    private func describe(_ action: NATSSession.Action) -> String {
        switch action {
        case .nothing: "-"
        case .startTLS: "tls"
        case .sendConnect: "connect"
        case .sendPing: "ping"
        case .sendPong: "pong"
        case .becomeReady: "ready"
        case .confirm: "confirm"
        case .update: "update"
        case .deliver: "deliver"
        case .report: "report"
        case .fail(let reason): "fail \(reason.label)"
        }
    }

    @Test(arguments: [
        ("Authorization Violation", NATSServerError.Kind.authentication, true),
        ("Authentication Timeout", .authentication, true),
        ("Account Authentication Expired", .authentication, true),
        ("Permissions Violation for Subscription to \"x.authorization\"", .permissions, false),
        ("Invalid Subject", .subject, false),
        ("Invalid Publish Subject", .subject, false),
        ("maximum subscriptions exceeded", .subscriptionLimit, false),
        ("Maximum Payload Violation", .limit, true),
        ("maximum connections exceeded", .limit, true),
        ("Maximum Control Line Exceeded", .limit, true),
        ("Stale Connection", .stale, true),
        ("Unknown Protocol Operation", .protocolViolation, true),
        ("Parser Error", .protocolViolation, true),
        ("Secure Connection - TLS Required", .protocolViolation, true),
        ("never heard of", .other, false),
        ("", .other, false),
    ])
    func serverErrorsHaveClasses(_ text: String, _ kind: NATSServerError.Kind, _ endsLink: Bool) {
        let error = NATSServerError(text: text)
        #expect(error.kind == kind)
        #expect(error.endsLink == endsLink)
    }
}

import Messaging
import NIOCore
import NIOEmbedded
import PluginKit
import Testing
import WebSocketWire

@Suite("What clients of each encoding get")
struct EncodingTests {
    private let bus = CountingBus()
    private let loop = EmbeddedEventLoop()
    private let loopHub: LoopHub

    init() {
        loopHub = LoopHub(hub: Hub(bus: bus), loop: loop)
    }

    private func client(_ framing: Encoding.Framing, _ format: Feed.Format = .raw, _ subject: String = "a") -> Client {
        let client = Client(loopHub, framing: framing)
        client.join(Feed(subject, format: format))
        return client
    }

    private func publish(_ payload: Payload, _ frame: BusMessage.Frame = .unspecified) {
        _ = bus.publish(BusMessage(subject: "a", payload: payload, frame: frame))
    }

    private static let mixed: [(payload: Payload, frame: BusMessage.Frame)] = [
        (Payload(text: "é\n\"x\""), .unspecified), (Payload(text: "abc"), .binary), ([0xFF, 0x00], .unspecified),
    ]

    @Test("Envelopes are text frames: data for text, data64 for bytes, headers where there are any")
    func envelopes() {
        let client = client(.frames(nil), .envelope, "a.*")
        for (payload, frame) in Self.mixed {
            _ = bus.publish(
                BusMessage(
                    subject: "a.b", payload: payload, frame: frame,
                    headers: frame == .binary ? [("X", "1"), ("Y", "2"), ("X", "3")] : []))
        }
        loop.run()
        let expected = [
            #"{"type":"message","subject":"a.b","data":"é\n\"x\""}"#,
            #"{"type":"message","subject":"a.b","headers":{"X":["1","3"],"Y":["2"]},"data64":"YWJj"}"#,
            #"{"type":"message","subject":"a.b","data64":"/wA="}"#,
        ]
        #expect(client.events == expected.map { .message(kind: .text, payload: Payload(text: $0)) })
    }

    @Test("Server-sent events: a type for bytes, envelopes as they are")
    func serverSentEvents() {
        let raw = client(.events(isChunked: false))
        let envelope = client(.events(isChunked: false), .envelope)
        for (payload, frame) in Self.mixed { publish(payload, frame) }
        loop.run()
        #expect(
            raw.text == "data: é\ndata: \"x\"\n\n" + "event: binary\ndata: YWJj\n\n" + "event: binary\ndata: /wA=\n\n")
        #expect(
            envelope.text == #"data: {"type":"message","subject":"a","data":"é\n\"x\""}"# + "\n\n"
                + #"data: {"type":"message","subject":"a","data64":"YWJj"}"# + "\n\n"
                + #"data: {"type":"message","subject":"a","data64":"/wA="}"# + "\n\n")
    }

    @Test(
        "Whatever a text holds, the reader of an event stream gets its lines",
        arguments: [
            "", "a", "a\nb", "a\r\nb", "a\rb", "a\n", "a\r", "a\r\n", "\n", "\r\n", "\r\n\r\n", "\n\r", " a", ": a", "data: a",
            "id: 5\n\nevent: x", "\u{FEFF}a",
        ])
    func lines(text: String) {
        let plain = client(.events(isChunked: false))
        let chunked = client(.events(isChunked: true))
        publish(Payload(text: text), .text)
        publish(Payload(text: "next"), .text)
        loop.run()
        let lines = text.replacing("\r\n", with: "\n").replacing("\r", with: "\n")
        #expect(EventStreamText(plain.text).events.map(\.data) == [lines, "next"])
        let bytes = chunked.writes.flatMap { Array($0.readableBytesView) }
        #expect(EventStreamText.unchunked(bytes).map { String(decoding: $0, as: UTF8.self) } == plain.text)
    }

    @Test("An event is a chunk of its own")
    func chunks() {
        let client = client(.events(isChunked: true))
        publish(Payload(text: "0123456789"))
        loop.run()
        #expect(client.text == "12\r\ndata: 0123456789\n\n\r\n")
    }

    @Test("A message's place in its stream: id, sequence and time")
    func places() async throws {
        let history = bus.history(HistoryConfiguration(stream: "S", subjects: ["a"]))
        try await history.open()
        let feed = { Feed("a", format: $0, history: history) }
        let events = Client(loopHub, framing: .events(isChunked: false))
        let envelopes = Client(loopHub)
        events.join(feed(.raw))
        envelopes.join(feed(.envelope))
        publish(Payload(text: "x"))
        publish(Payload(text: "y"))
        loop.run()
        let read = EventStreamText(events.text).events
        #expect(read.map(\.data) == ["x", "y"])
        let tokens = read.map { HistoryToken($0.id) }
        #expect(tokens.map { $0?.sequence } == [1, 2])
        #expect(tokens[0]?.epoch != nil && tokens[0]?.epoch == tokens[1]?.epoch)
        let prefix = #"{"type":"message","subject":"a","id":"\#(read[1].id)","sequence":2,"time":""#
        #expect(envelopes.texts[1].hasPrefix(prefix), "\(envelopes.texts)")
    }

    // MARK: Notices

    @Test("Notices: events of their own type, envelopes, and nothing where only payloads go")
    func notices() {
        let raw = client(.frames(nil))
        let envelopes = client(.frames(nil), .envelope)
        let events = client(.events(isChunked: false))
        bus.link(.down(reason: "gone"))
        bus.link(.up)
        loop.run()
        #expect(raw.writes.isEmpty && loopHub.statistics.deliveries == 6)
        let texts = [
            #"{"type":"bus","state":"down"}"#, #"{"type":"bus","state":"up"}"#, #"{"type":"gap"}"#,
        ]
        #expect(envelopes.texts == texts)
        #expect(
            EventStreamText(events.text).events
                == zip(["bus", "bus", "gap"], texts).map { EventStreamText.Event(type: $0, data: $1) })
    }

    // MARK: Sharing

    @Test("Frames compressed on the same terms are made once; others are theirs")
    func deflate() {
        let large = DeflateEncoding(windowBits: 15, threshold: 20)
        let small = DeflateEncoding(windowBits: 9, threshold: 20)
        let clients = [Encoding.Framing.frames(large), .frames(large), .frames(small), .frames(nil)].map { client($0) }
        let payload = Payload(text: String(repeating: "so much of the same ", count: 50))
        publish(payload, .text)
        publish(Payload(text: "below the limit"), .text)
        publish(payload, .binary)
        loop.run()
        for client in clients {
            #expect(
                client.events == [
                    .message(kind: .text, payload: payload), .message(kind: .text, payload: Payload(text: "below the limit")),
                    .message(kind: .binary, payload: payload),
                ])
        }
        let addresses = clients.map { $0.writes[0].withUnsafeReadableBytes { $0.baseAddress } }
        #expect(addresses[0] == addresses[1] && Set(addresses).count == 3)
        let sizes = clients.map { $0.writes[0].readableBytes }
        #expect(sizes[0] < 200 && sizes[2] < 300 && sizes[3] > 2000)
    }

    @Test("One subject in every encoding: one subscription, and all hear all, in order")
    func severalEncodings() {
        let framings: [Encoding.Framing] = [
            .frames(nil), .frames(DeflateEncoding(windowBits: 12)), .events(isChunked: true), .events(isChunked: false),
        ]
        let formats: [Feed.Format] = [.raw, .envelope]
        let clients = framings.flatMap { framing in formats.map { client(framing, $0) } }
        for number in 0..<50 {
            publish(Payload(text: "\(number)"))
            if number % 7 == 0 { loop.run() }
        }
        loop.run()
        let numbers = (0..<50).map { "\($0)" }
        #expect(clients[0].texts == numbers && clients[2].texts == numbers)
        #expect(clients[1].texts.shortened == numbers && clients[3].texts.shortened == numbers)
        for (index, isChunked) in [(4, true), (6, false)] {
            let texts = clients[index...index + 1].map { client in
                let bytes = client.writes.flatMap { Array($0.readableBytesView) }
                let body = isChunked ? EventStreamText.unchunked(bytes) ?? [] : bytes
                return EventStreamText(String(decoding: body, as: UTF8.self)).events.map(\.data)
            }
            #expect(texts[0] == numbers && texts[1].shortened == numbers)
        }
        #expect(loopHub.statistics.deliveries == 8 * 50)
        #expect(bus.subscriptions == ["a": 1])
        for client in clients { client.leaveAll() }
        #expect(bus.subscriptions == [:])
    }

    @Test("The first feed's format holds for all feeds of a client, until it has left them all")
    func firstFormat() {
        let client = client(.frames(nil), .envelope)
        client.join(Feed("b", format: .raw))
        bus.publish("b", "1")
        loop.run()
        client.leaveAll()
        client.join(Feed("b", format: .raw))
        bus.publish("b", "2")
        loop.run()
        #expect(client.texts == [#"{"type":"message","subject":"b","data":"1"}"#, "2"])
    }
}

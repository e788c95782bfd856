import NATSClient
import NIOCore
import TestSupport
import Testing

@Suite struct NATSOutboxTests {
    private func drain(_ outbox: inout NATSOutbox, limit: Int = 100_000) -> String {
        var text = ""
        while !outbox.isEmpty {
            for buffer in outbox.take(upTo: limit) { text += String(buffer: buffer) }
        }
        return text
    }

    private func publication(_ subject: String, _ payload: String, headers: [(String, String)] = []) -> NATSPublication
    {
        NATSPublication(
            subject: subject, headers: headers.isEmpty ? [] : NATSHeaderBlock.encode(headers) ?? [],
            payload: Array(payload.utf8))
    }

    @Test func writesTheProtocol() {
        var outbox = NATSOutbox()
        outbox.append(publication("a.b", "hello"))
        outbox.append(NATSPublication(subject: "a", reply: "r", payload: []))
        outbox.append(publication("a", "x", headers: [("K", "v")]))
        outbox.append(control: "SUB a 1\r\n")
        #expect(outbox.messageCount == 3)
        let text = drain(&outbox)
        #expect(
            text == "PUB a.b 5\r\nhello\r\nPUB a r 0\r\n\r\nHPUB a 18 19\r\nNATS/1.0\r\nK: v\r\n\r\nx\r\nSUB a 1\r\n")
        #expect(outbox.byteCount == 0 && outbox.messageCount == 0)
    }

    /// Against a plain list: control lines and large publishes leave, everything else stays in order.
    @Test(arguments: UInt64(1)...6)
    func keepsPublishesAlone(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<40 {
            var outbox = NATSOutbox()
            var model: [(text: String, size: Int)] = []
            for number in 0..<Int.random(in: 0...400, using: &generator) {
                if Bool.random(using: &generator) {
                    outbox.append(control: ["PING\r\n", "SUB a \(number)\r\n"].randomElement(using: &generator) ?? "")
                } else {
                    let filler = ["PUB a 1\r\nx", "\r\n", "SUB b 1\r\n", "yy"].randomElement(using: &generator) ?? ""
                    let payload = String(repeating: filler, count: Int.random(in: 0...300, using: &generator))
                    let headers = Bool.random(using: &generator) ? [("N", "\(number)")] : []
                    let publication = publication("s.\(number)", payload, headers: headers)
                    var bytes = ByteBuffer()
                    publication.write(to: &bytes)
                    #expect(bytes.readableBytes <= publication.encodedSizeBound)
                    outbox.append(publication)
                    model.append((String(buffer: bytes), publication.size))
                }
            }
            outbox.dropControl()
            #expect(outbox.messageCount == model.count)
            #expect(outbox.byteCount == model.reduce(0) { $0 + $1.text.utf8.count })
            let limit = Int.random(in: 0...2000, using: &generator)
            #expect(outbox.dropPublishes(largerThan: limit) == model.count { $0.size > limit })
            #expect(drain(&outbox) == model.filter { $0.size <= limit }.map(\.text).joined())
        }
    }

    @Test func takesNoMoreThanAskedForButOneChunk() {
        var outbox = NATSOutbox()
        for number in 0..<40 { outbox.append(publication("\(number)", String(repeating: "x", count: 20_000))) }
        while !outbox.isEmpty {
            let taken = outbox.take(upTo: 170_000)
            #expect(taken.count == 1 || taken.reduce(0) { $0 + $1.readableBytes } <= 170_000)
            #expect(!taken.isEmpty)
        }
    }
}

import PluginKit

/// The body of a poll's answer: `{"messages":[…],"next":"TOKEN"}`, with `"gap":true` if messages are gone.
struct PollAnswer {
    struct Limits {
        var messages: Int
        var bytes: Int
    }

    /// What to ask for next.
    private(set) var next: HistoryToken
    private var messages: Payload = []
    private var hasGap = false

    /// There was nothing.
    init(next: HistoryToken) { self.next = next }

    /// As much of a batch as has room; the first message always has.
    init(_ batch: HistoryBatch, _ limits: Limits) {
        next = batch.position
        hasGap = batch.hasGap
        var last: UInt64?
        for message in batch.messages {
            var envelope: Payload = []
            Envelope.append(message, epoch: batch.position.epoch, to: &envelope)
            if let last, messages.count + envelope.count > limits.bytes {
                next = HistoryToken(epoch: batch.position.epoch, sequence: last)
                break
            }
            if last != nil { messages.append(UInt8(ascii: ",")) }
            messages += envelope
            last = message.position?.sequence ?? 0
        }
    }

    var isEmpty: Bool { messages.isEmpty && !hasGap }

    var response: Response {
        var json = Payload(text: #"{"messages":["#)
        json += messages
        json += #"],"next":"\#(next)"\#(hasGap ? #","gap":true"# : "")}"#.utf8
        json.append(UInt8(ascii: "\n"))
        return Response(
            headers: ["Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store"],
            body: .bytes(json))
    }
}

import HTTPWire
import NIOCore
import NIOEmbedded
import NIOHTTP1
import PluginKit
import TestSupport
import Testing

/// The first message in some bytes, as one of the two parsers sees it.
private enum Verdict: Equatable {
    case accepted(Message)
    case refused
    case incomplete

    struct Message: Equatable {
        var method: String
        var target: String
        var fields: [Field]
        var body: [UInt8] = []
    }

    struct Field: Equatable {
        var name: String
        var value: String
    }

    var word: String {
        switch self {
        case .accepted: "accepted"
        case .refused: "refused"
        case .incomplete: "incomplete"
        }
    }
}

/// This module's view.
private func ours(_ bytes: [UInt8]) -> Verdict {
    var parser = RequestParser()
    var head = RequestHead()
    switch parser.parse(bytes.span, into: &head) {
    case .needMore: return .incomplete
    case .refused: return .refused
    case .head(var position, let framing):
        var message = Verdict.Message(
            method: head.method.name, target: head.target,
            fields: head.fields.map { Verdict.Field(name: $0.name, value: $0.value) })
        var reader = BodyReader(framing.body, limit: nil)
        while true {
            switch reader.read(bytes.span.extracting(position..<bytes.count)) {
            case .data(let range, let consumed):
                message.body += bytes[position + range.lowerBound..<position + range.upperBound]
                position += consumed
            case .needMore: return .incomplete
            case .end: return .accepted(message)
            case .refused: return .refused
            }
        }
    }
}

/// NIOHTTP1's view, that is llhttp's.
private func oracle(_ bytes: [UInt8]) throws -> Verdict {
    let channel = EmbeddedChannel()
    let decoder = ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes))
    try channel.pipeline.syncOperations.addHandler(decoder)
    var failed = false
    do { try channel.writeInbound(ByteBuffer(bytes: bytes)) } catch { failed = true }
    var message: Verdict.Message?
    while let part = try? channel.readInbound(as: HTTPServerRequestPart.self) {
        switch part {
        case .head(let head):
            guard message == nil else { break }
            message = Verdict.Message(
                method: head.method.rawValue, target: head.uri,
                fields: head.headers.map { Verdict.Field(name: $0.name, value: $0.value) })
        case .body(let buffer): message?.body += buffer.readableBytesView
        case .end:
            if let message {
                _ = try? channel.finish(acceptAlreadyClosed: true)
                return .accepted(message)
            }
        }
    }
    _ = try? channel.finish(acceptAlreadyClosed: true)
    return failed ? .refused : .incomplete
}

@Suite("Beside llhttp")
struct OracleTests {
    @Test("each row of the tables fares the same, or is a reviewed case", arguments: OracleReview.rows)
    func tables(row: Row) throws {
        let mine = ours(row.bytes)
        let theirs = try oracle(row.bytes)
        let review = OracleReview.all.first { $0.rows.contains(row.name) }
        if mine == theirs {
            #expect(review == nil, "reviewed, but no longer different")
        } else {
            #expect(review?.ours == mine.word, "\(mine) \(theirs)")
            #expect(review?.llhttp.contains(theirs.word) == true, "\(mine) \(theirs)")
        }
    }

    @Test("each reviewed case is a row of the tables")
    func reviewed() {
        let names = Set(OracleReview.rows.map { $0.name })
        #expect(names.count == OracleReview.rows.count)
        for review in OracleReview.all {
            #expect(review.rows.filter { !names.contains($0) }.isEmpty)
        }
    }

    @Test("a mutated message that both accept is the same message; what only we accept has a reviewed reason")
    func mutations() throws {
        var generator = SeededGenerator(seed: 21)
        let good = OracleReview.rows.map { $0.bytes }.filter { ours($0) != .refused && $0.count < 400 }
        var agreed = 0
        for round in 0..<12_000 {
            let bytes = mutated(good[round % good.count], using: &generator)
            let verdict = ours(bytes)
            guard case .accepted(let mine) = verdict else {
                // Where llhttp has a whole message we must not wait: what comes next would be read differently.
                if verdict == .incomplete, case .accepted = try oracle(bytes) {
                    Issue.record("only we wait for more: \(String(decoding: bytes, as: UTF8.self).debugDescription)")
                }
                continue
            }
            switch try oracle(bytes) {
            case .accepted(var theirs):
                for index in theirs.fields.indices { theirs.fields[index].value.trimTabs() }
                #expect(mine == theirs, "\(String(decoding: bytes, as: UTF8.self).debugDescription)")
                agreed += 1
            case .refused:
                let text = String(decoding: bytes, as: UTF8.self)
                #expect(OracleReview.explains(text, method: mine.method), "\(text.debugDescription)")
            case .incomplete:
                Issue.record("llhttp waits for more: \(String(decoding: bytes, as: UTF8.self).debugDescription)")
            }
        }
        #expect(agreed > 200)
    }
}

extension String {
    /// llhttp leaves a tab at the end of a value.
    fileprivate mutating func trimTabs() {
        while let last, last == "\t" || last == " " { removeLast() }
    }
}

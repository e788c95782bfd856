import HTTPWire
import PluginKit
import TestSupport
import Testing

@Suite("Random input")
struct FuzzTests {
    private static let rows = RequestLineTable.rows + FieldTable.rows + FramingTable.rows
    private static let heads = rows.map { $0.bytes }.filter { $0.count < 400 }
    /// Heads that are accepted as they stand.
    private static let good = rows.filter { Int($0.expected) == nil }.map { $0.bytes }
    private static let bodies = ChunkTable.rows.map { $0.bytes }.filter { $0.count < 400 }

    @Test("mutated heads: no crash, and the split makes no difference")
    func heads() {
        var generator = SeededGenerator(seed: 11)
        for round in 0..<6000 {
            let bytes = mutated(Self.heads[round % Self.heads.count], using: &generator)
            let whole = headSummary(bytes, cuts: [bytes.count])
            for cuts in splits(of: bytes.count, using: &generator, random: 2) {
                #expect(headSummary(bytes, cuts: cuts) == whole, "\(bytes)")
            }
        }
    }

    @Test("heads under tight limits: no crash, and the split makes no difference")
    func tightLimits() {
        var generator = SeededGenerator(seed: 12)
        for round in 0..<4000 {
            let bytes = mutated(Self.heads[round % Self.heads.count], using: &generator)
            let limits = HeadLimits(
                requestLine: Int.random(in: 0...40, using: &generator), head: Int.random(in: 0...90, using: &generator),
                fieldCount: Int.random(in: 0...3, using: &generator))
            let whole = headSummary(bytes, cuts: [bytes.count], limits: limits)
            for cuts in splits(of: bytes.count, using: &generator, random: 2) {
                #expect(headSummary(bytes, cuts: cuts, limits: limits) == whole, "\(limits) \(bytes)")
            }
        }
    }

    @Test("mutated chunks: no crash, and the split makes no difference")
    func chunks() {
        var generator = SeededGenerator(seed: 13)
        for round in 0..<6000 {
            let bytes = mutated(Self.bodies[round % Self.bodies.count], using: &generator)
            let whole = bodySummary(bytes, .chunked, cuts: [bytes.count], limit: 1000)
            for cuts in splits(of: bytes.count, using: &generator, random: 2) {
                #expect(bodySummary(bytes, .chunked, cuts: cuts, limit: 1000) == whole, "\(bytes)")
            }
        }
    }

    @Test("what is accepted holds what the rules promise")
    func promises() {
        var generator = SeededGenerator(seed: 14)
        var accepted = 0
        for round in 0..<12_000 {
            let bytes = mutated(Self.good[round % Self.good.count], using: &generator)
            var parser = RequestParser()
            var head = RequestHead()
            guard case .head(let consumed, let framing) = parser.parse(bytes.span, into: &head) else { continue }
            accepted += 1
            #expect(head.fields.bytes == Array(bytes.prefix(consumed)))
            #expect(head.fields.bytes.suffix(4) == [13, 10, 13, 10])
            let codings = head.fields.values("transfer-encoding")
            let lengths = head.fields.values("content-length")
            #expect(codings.isEmpty || codings.count == 1 && codings[0].lowercased() == "chunked" && lengths.isEmpty)
            #expect(lengths.count <= 1 && head.fields.values("host").count <= 1)
            #expect(
                framing.body == (codings.isEmpty ? lengths.first.map { .length(Int($0) ?? -1) } ?? .none : .chunked))
            for slot in head.fields.slots {
                let value = head.fields.bytes[Int(slot.value.lowerBound)..<Int(slot.value.upperBound)]
                #expect(!slot.name.isEmpty && value.allSatisfy { $0 == 9 || $0 >= 32 && $0 != 127 })
            }
        }
        #expect(accepted > 500)
    }
}

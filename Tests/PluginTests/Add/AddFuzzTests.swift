import AddPlugin
import Foundation
import PluginKit
import TestSupport
import Testing

/// Random and damaged documents, with Foundation's parser as the judge of what is JSON.
@Suite("The add API on random input")
struct AddFuzzTests {
    @Test("A valid document gives the operands that were put into it", arguments: 1...4)
    func valid(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let bus = FakeBus()
        let handler = try Handlers.http("add.concat", of: AddPlugin.self, bus: bus)
        for _ in 0..<1_000 {
            let a = RandomJSON.text(&random)
            let b = RandomJSON.text(&random)
            var members = (0..<Int.random(in: 0...3, using: &random)).map {
                "\"x\($0)\":\(RandomJSON.value(depth: 3, &random))"
            }
            members.append("\"a\":\(RandomJSON.quoted(a, &random))")
            members.append("\"B\":\(RandomJSON.quoted(b, &random))")
            let document = "{" + members.shuffled(using: &random).joined(separator: ",") + "}"
            let response = try handler.answer(post(document))
            try #require(response.status == 200, "\(document)")
            try #require(bus.published.last?.payload == Payload(text: a + b), "\(document)")
            let answer = try JSONSerialization.jsonObject(with: Data(response.bytes)) as? [String: Any]
            try #require((answer?["data"] as? [String: Any])?["res"] as? String == a + b, "\(document)")
        }
    }

    @Test("A damaged document is refused exactly when it is no JSON", arguments: 11...14)
    func damaged(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let handler = try Handlers.http("add.sum", of: AddPlugin.self)
        var refused = 0
        for _ in 0..<1_500 {
            let document = #"{"xx":\#(RandomJSON.value(depth: 4, &random)),"yy":1}"#
            // Half a surrogate pair is an error to Foundation, U+FFFD to us; the tables have it.
            if document.lowercased().contains(#"\ud"#) { continue }
            var bytes = Payload(text: document)
            RandomJSON.damage(&bytes, &random)
            // Foundation lets a comma stand before a closing brace.
            if bytes.filter({ $0 > 0x20 }).text.contains(",}") { continue }
            let isJSON = (try? JSONSerialization.jsonObject(with: Data(bytes))) is [String: Any]
            var request = post("")
            request.body = bytes
            let status = try handler.answer(request).status
            try #require((status == 200) == isJSON, "\(status) for \(bytes.text)")
            if !isJSON { refused += 1 }
        }
        #expect((250...1_250).contains(refused), "the damage should be neither total nor none")
    }

    @Test("Sums agree with arithmetic", arguments: 21...22)
    func sums(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let handler = try Handlers.http("add.sum", of: AddPlugin.self)
        for _ in 0..<1_000 {
            let (a, b) = (integer(&random), integer(&random))
            let response = try handler.answer(post("{\"a\":\(a),\"b\":\(b)}"))
            let (sum, overflow) = a.addingReportingOverflow(b)
            try #require(response.status == (overflow ? 400 : 200))
            if !overflow { try #require(response.text == #"{"apiVersion":"","data":{"res":\#(sum)}}"# + "\n") }
        }
    }

    @Test("Random bytes never crash", arguments: 31...32)
    func bytes(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let handler = try Handlers.http("add.concat", of: AddPlugin.self)
        let alphabet = Array(#"{}[]":,\u00dD8aAbB19-+.eEnulltrfs "#.utf8) + [0, 0x0A, 0x80, 0xC3, 0xED, 0xF0, 0xFF]
        for _ in 0..<10_000 {
            var request = post("")
            request.body = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                alphabet.randomElement(using: &random)!
            }
            let status = try handler.answer(request).status
            try #require(status == 200 || status == 400)
        }
    }

    /// Of any magnitude.
    private func integer(_ random: inout SeededGenerator) -> Int64 {
        Int64.random(in: .min ... .max, using: &random) >> Int64.random(in: 0...63, using: &random)
    }
}

private enum RandomJSON {
    static func text(_ random: inout SeededGenerator) -> String {
        let letters = ["a", "\"", "\\", "/", "\n", "\u{1}", "<", "é", "\u{2028}", "€", "😀", "\u{10FFFF}", " "]
        return (0..<Int.random(in: 0...8, using: &random)).map { _ in letters.randomElement(using: &random)! }.joined()
    }

    /// `text` as a JSON string, each character raw or escaped at random where both are allowed.
    static func quoted(_ text: String, _ random: inout SeededGenerator) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            let mustEscape = scalar.value < 0x20 || scalar == "\"" || scalar == "\\"
            if !mustEscape && Bool.random(using: &random) {
                out.unicodeScalars.append(scalar)
            } else {
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16, uppercase: Bool.random(using: &random))
                    out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            }
        }
        return out + "\""
    }

    static func value(depth: Int, _ random: inout SeededGenerator) -> String {
        let space = ["", "", " ", "\n\t"].randomElement(using: &random)!
        switch Int.random(in: 0..<(depth > 0 ? 8 : 5), using: &random) {
        case 0: return space + ["true", "false", "null"].randomElement(using: &random)!
        case 1: return ["0", "-0", "12", "-3.5", "1e3", "2E-2", "0.25e+1"].randomElement(using: &random)! + space
        case 2, 3, 4: return quoted(text(&random), &random)
        case 5, 6: return "[\(elements(depth, &random).joined(separator: space + ","))\(space)]"
        default:
            let members = elements(depth, &random).enumerated().map { "\(space)\"k\($0)\"\(space):\($1)" }
            return "{\(members.joined(separator: ","))\(space)}"
        }
    }

    private static func elements(_ depth: Int, _ random: inout SeededGenerator) -> [String] {
        (0..<Int.random(in: 0...3, using: &random)).map { _ in value(depth: depth - 1, &random) }
    }

    /// Changes, drops or inserts one ASCII byte.
    static func damage(_ bytes: inout Payload, _ random: inout SeededGenerator) {
        let byte = Array(#"{}[]":,\/u0dD9-+.eEntf "#.utf8).randomElement(using: &random)!
        let ascii = bytes.indices.filter { bytes[$0] < 0x80 }
        let position = ascii.randomElement(using: &random)!
        switch Int.random(in: 0...2, using: &random) {
        case 0: bytes[position] = byte
        case 1: bytes.remove(at: position)
        default: bytes.insert(byte, at: position)
        }
    }
}

import Diagnostics
import TestSupport
import Testing
import YAMLDocument

/// Whatever the bytes, there is an answer: a tree, or at least one error with a place inside the text.
@Suite struct FuzzTests {
    private static let seeds = [
        """
        listen:
          - address: 127.0.0.1:8080
        services:
          add: &add
            routes:
              - { path: "/api/add/{x...}", methods: [POST], with: { publish: add } }
          ws:
            <<: *add
        dispatch:
          - { url: "*/ws*", service: ws }
        """,
        "dispatch:\n- url: \"*/x\"\n  service: 0x1f\n- url: 'a/b'\n  module: |\n    yes\n",
        "%YAML 1.1\n--- !!map\n? [a, b]\n: &x \"\\u00e9\\x41\"\n? >-\n  folded\n: *x\n...\n---\n- {a: 1, <<: {b: 2}}\n",
    ]

    @Test func mutatedFiles() {
        var random = SeededGenerator(seed: 7)
        let alphabet = Array("{}[]:,&*!|>'\"%@`#-?~<\n\r\t \\ab01.".utf8) + [0, 0x85, 0xC3, 0xA9, 0xEF, 0xFF]
        for round in 0..<4_000 {
            var bytes = Array(Self.seeds[round % Self.seeds.count].utf8)
            for _ in 0...random.below(6) {
                let place = random.below(bytes.count)
                let letter = random.pick(alphabet)
                switch random.below(4) {
                case 0: bytes[place] = letter
                case 1: bytes.insert(letter, at: place)
                case 2: bytes.removeSubrange(place..<min(bytes.count - 1, place + 3))
                default: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 20)], at: place)
                }
            }
            for anchors in [YAMLDocument.Anchors.allowed, .refused] {
                let result = YAMLDocument.parse(bytes, file: "f", anchors: anchors)
                let lines = bytes.count { $0 == 0x0A || $0 == 0x0D || $0 == 0x85 } + 1
                #expect(result.diagnostics.allSatisfy { $0.mark!.line <= lines + 1 && $0.mark!.column > 0 })
            }
        }
    }
}

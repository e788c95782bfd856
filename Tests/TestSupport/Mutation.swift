/// `bytes` with one to four small changes: replaced, removed, doubled, inserted or moved.
///
/// `nasty` are the bytes that the parser may trip over.
package func mutated(_ bytes: [UInt8], with nasty: [UInt8], using generator: inout SeededGenerator) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...4, using: &generator) {
        guard let index = bytes.indices.randomElement(using: &generator) else { return nasty }
        let end = min(bytes.count, index + Int.random(in: 1...6, using: &generator))
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: bytes[index] = nasty.randomElement(using: &generator) ?? 0
        case 1: bytes[index] = UInt8.random(in: 0...255, using: &generator)
        case 2: bytes.removeSubrange(index..<end)
        case 3: bytes.insert(contentsOf: Array(bytes[index..<end]), at: index)
        case 4: bytes.insert(nasty.randomElement(using: &generator) ?? 0, at: index)
        default: bytes.swapAt(index, end - 1)
        }
    }
    return bytes
}

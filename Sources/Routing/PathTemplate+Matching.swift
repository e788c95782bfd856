extension PathTemplate {
    /// The first segment in which a path does not fit; nil when it fits. For explanations: `RouteTrie` is what routes.
    func firstMismatch(_ path: Span<UInt8>) -> Int? {
        guard path.count > 0, path[0] == UInt8(ascii: "/") else { return 0 }
        var start = 1
        for (number, segment) in segments.enumerated() {
            guard start <= path.count else { return number }
            var end = start
            while end < path.count, path[end] != UInt8(ascii: "/") { end += 1 }
            switch segment {
            case .literal(let text):
                guard PercentCoding.decode(path, start..<end).elementsEqual(text.utf8) else { return number }
            case .parameter:
                guard end > start else { return number }
            case .rest: return nil
            }
            start = end + 1
        }
        return start <= path.count ? segments.count : nil
    }

    /// The values of the parameters, given a path that fits: each segment decoded, the rest decoded with its slashes.
    func parameters(of path: Span<UInt8>) -> [String] {
        var values: [String] = []
        var start = 1
        for segment in segments {
            var end = start
            if case .rest = segment {
                end = path.count
            } else {
                while end < path.count, path[end] != UInt8(ascii: "/") { end += 1 }
            }
            if segment.name != nil {
                values.append(PercentCoding.decodedText(path, start..<end))
            }
            start = end + 1
        }
        return values
    }
}

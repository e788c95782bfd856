/// Two routes that nothing tells apart: the same shape of path, and methods in common.
package struct RouteConflict: Sendable, Hashable {
    /// The route declared first.
    package let first: Int
    package let second: Int
    /// What both have; nil if both take any method.
    package let methods: [String]?
}

extension RouteConflict {
    /// Each route that clashes with an earlier one, paired with the first such. Names of parameters do not matter.
    package static func all(in routes: [(template: PathTemplate, methods: [String]?)]) -> [RouteConflict] {
        var byShape: [[ShapeSegment]: [Int]] = [:]
        var conflicts: [RouteConflict] = []
        for (index, route) in routes.enumerated() {
            let shape = route.template.segments.map(ShapeSegment.init)
            for earlier in byShape[shape, default: []] {
                guard case .some(let methods) = common(routes[earlier].methods, route.methods) else { continue }
                conflicts.append(RouteConflict(first: earlier, second: index, methods: methods))
                break
            }
            byShape[shape, default: []].append(index)
        }
        return conflicts
    }

    /// Outer nil: nothing in common. Inner nil: any method.
    private static func common(_ first: [String]?, _ second: [String]?) -> [String]?? {
        guard let first else { return second?.isEmpty == true ? .none : .some(second) }
        guard let second else { return first.isEmpty ? .none : .some(first) }
        let both = first.filter(second.contains)
        return both.isEmpty ? .none : .some(both)
    }
}

/// A segment without its parameter's name. Bytes, for String would call two spellings of an accent equal.
private enum ShapeSegment: Hashable {
    case literal([UInt8])
    case parameter
    case rest

    init(_ segment: PathTemplate.Segment) {
        self =
            switch segment {
            case .literal(let text): .literal(Array(text.utf8))
            case .parameter: .parameter
            case .rest: .rest
            }
    }
}

/// A step of libyaml's reading, in Swift types.
struct YAMLEvent {
    enum Kind {
        case streamStart, streamEnd, documentStart, documentEnd
        case alias(name: String)
        case scalar(YAMLScalar, properties: Properties)
        case sequenceStart(Properties)
        case sequenceEnd
        case mappingStart(Properties)
        case mappingEnd
    }

    /// What may stand before a node.
    struct Properties {
        var anchor: String?
        var tag: String?
    }

    /// All from 0: scalars from the start of the text, lines, scalars from the start of the line.
    struct Position {
        var index: Int
        var line: Int
        var column: Int
    }

    var kind: Kind
    var start: Position
    var end: Position
}

/// Why libyaml could not read on.
struct YAMLProblem: Error {
    var message: String
    var context: String
    var position: YAMLEvent.Position
    /// Where the construct began that could not be finished.
    var contextPosition: YAMLEvent.Position?
}

internal import CLibYAML

/// libyaml's event parser over one text in UTF-8. The only place that calls `yaml_*`.
struct EventReader: ~Copyable {
    // The parser keeps pointers to itself and into the input, so both need fixed addresses.
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let input: UnsafeMutableBufferPointer<UInt8>

    init(_ text: [UInt8]) {
        parser = .allocate(capacity: 1)
        input = .allocate(capacity: text.count)
        _ = input.initialize(from: text)
        precondition(yaml_parser_initialize(parser) == 1, "out of memory")
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, UnsafePointer(input.baseAddress), input.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
        input.deallocate()
    }

    /// The next event; after an error or the end of the stream there is none.
    func next() throws(YAMLProblem) -> YAMLEvent {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw problem() }
        defer { yaml_event_delete(&event) }
        return YAMLEvent(
            kind: Self.kind(of: event), start: Self.position(event.start_mark), end: Self.position(event.end_mark))
    }

    private static func kind(of event: yaml_event_t) -> YAMLEvent.Kind {
        switch event.type {
        case YAML_STREAM_START_EVENT: return .streamStart
        case YAML_DOCUMENT_START_EVENT: return .documentStart
        case YAML_DOCUMENT_END_EVENT: return .documentEnd
        case YAML_ALIAS_EVENT: return .alias(name: string(event.data.alias.anchor) ?? "")
        case YAML_SCALAR_EVENT: return scalar(event)
        case YAML_SEQUENCE_START_EVENT:
            let data = event.data.sequence_start
            return .sequenceStart(.init(anchor: string(data.anchor), tag: string(data.tag)))
        case YAML_SEQUENCE_END_EVENT: return .sequenceEnd
        case YAML_MAPPING_START_EVENT:
            let data = event.data.mapping_start
            return .mappingStart(.init(anchor: string(data.anchor), tag: string(data.tag)))
        case YAML_MAPPING_END_EVENT: return .mappingEnd
        default: return .streamEnd
        }
    }

    private static func scalar(_ event: yaml_event_t) -> YAMLEvent.Kind {
        let data = event.data.scalar
        let text = String(decoding: UnsafeBufferPointer(start: data.value, count: data.length), as: UTF8.self)
        let style: YAMLScalar.Style =
            switch data.style {
            case YAML_PLAIN_SCALAR_STYLE: .plain
            case YAML_LITERAL_SCALAR_STYLE, YAML_FOLDED_SCALAR_STYLE: .block
            default: .quoted
            }
        let properties = YAMLEvent.Properties(anchor: string(data.anchor), tag: string(data.tag))
        return .scalar(YAMLScalar(text: text, style: style, tag: properties.tag), properties: properties)
    }

    private func problem() -> YAMLProblem {
        let state = parser.pointee
        let context = state.context.map { String(cString: $0) } ?? ""
        guard state.error != YAML_READER_ERROR else {
            let position = Self.position(of: state.problem_offset, in: UnsafeBufferPointer(input))
            return YAMLProblem(message: Self.text(state.problem), context: context, position: position)
        }
        return YAMLProblem(
            message: Self.text(state.problem), context: context, position: Self.position(state.problem_mark),
            contextPosition: context.isEmpty ? nil : Self.position(state.context_mark))
    }

    private static func text(_ problem: UnsafePointer<CChar>?) -> String {
        problem.map { String(cString: $0) } ?? "the text cannot be read"
    }

    private static func string(_ text: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        text.map { String(cString: $0) }
    }

    private static func position(_ mark: yaml_mark_t) -> YAMLEvent.Position {
        .init(index: Int(mark.index), line: Int(mark.line), column: Int(mark.column))
    }

    /// A reader's problem comes as a byte offset.
    private static func position(of offset: Int, in text: UnsafeBufferPointer<UInt8>) -> YAMLEvent.Position {
        TextPosition.of(byte: offset, in: text)
    }
}

/// Turns byte offsets into lines and columns.
enum TextPosition {
    /// The position of a byte; `text` need not be valid UTF-8 behind it.
    static func of(byte offset: Int, in text: some Collection<UInt8>) -> YAMLEvent.Position {
        var position = YAMLEvent.Position(index: 0, line: 0, column: 0)
        var previous: UInt8 = 0
        for byte in text.prefix(offset) {
            let isSecondHalf = byte == 0x0A && previous == 0x0D
            previous = byte
            // Continuation bytes belong to the scalar before them.
            if byte & 0xC0 == 0x80 || isSecondHalf { continue }
            position.index += 1
            position.column += 1
            if byte == 0x0A || byte == 0x0D {
                position.line += 1
                position.column = 0
            }
        }
        return position
    }
}

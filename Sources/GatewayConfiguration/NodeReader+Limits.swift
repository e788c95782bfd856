internal import YAMLDocument

extension NodeReader {
    /// `inherited` with what this mapping says instead.
    func limits(_ node: YAMLNode?, inherited: Limits, isTop: Bool = false) -> Limits {
        var limits = inherited
        guard let node, let fields = fields(node, ConfigurationSchema.limits, of: "limits", isTop: isTop) else {
            return limits
        }
        func set(_ name: String, _ path: WritableKeyPath<Limits, Int>, _ range: ClosedRange<Int>) {
            if let node = fields[name], let value = size(node, name, in: range) { limits[keyPath: path] = value }
        }
        set("head", \.head, 1 << 10...1 << 20)
        set("line", \.line, 64...1 << 20)
        set("body", \.body, 0...1 << 40)
        set("queue", \.queue, 1...1 << 30)
        set("backlog", \.backlog, 1 << 10...1 << 40)
        set("message", \.message, 1...1 << 30)
        if let node = fields["fields"], let count = integer(node, "fields", in: 1...10_000) {
            limits.fields = count
        }
        if let node = fields["connections"], let count = integer(node, "connections", in: 1...10_000_000) {
            limits.connections = count
        }
        return limits
    }

    /// `true`, `false` or a mapping; nil: none.
    func compression(_ node: YAMLNode?) -> Compression? {
        guard let node else { return nil }
        guard case .mapping = node.content else {
            return boolean(node, "compression") == true ? Compression() : nil
        }
        guard let fields = fields(node, ConfigurationSchema.compression, of: "compression") else { return nil }
        var compression = Compression()
        if let node = fields["takeover"], let value = boolean(node, "takeover") { compression.takeover = value }
        if let node = fields["threshold"], let value = size(node, "threshold", in: 0...1 << 30) {
            compression.threshold = value
        }
        if let node = fields["level"], let value = integer(node, "level", in: 1...9) { compression.level = value }
        if let node = fields["window"], let value = integer(node, "window", in: 9...15) { compression.window = value }
        return compression
    }

    /// `inherited` with what this mapping says instead.
    func timeouts(_ node: YAMLNode?, inherited: Timeouts, isTop: Bool = false) -> Timeouts {
        var timeouts = inherited
        guard let node, let fields = fields(node, ConfigurationSchema.timeouts, of: "timeouts", isTop: isTop) else {
            return timeouts
        }
        func set(_ name: String, _ path: WritableKeyPath<Timeouts, Duration>) {
            if let node = fields[name], let value = duration(node, name) { timeouts[keyPath: path] = value }
        }
        set("header", \.header)
        set("body", \.body)
        set("idle", \.idle)
        set("request", \.request)
        set("ping", \.ping)
        set("drain", \.drain)
        return timeouts
    }
}

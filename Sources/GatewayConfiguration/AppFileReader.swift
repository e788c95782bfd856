internal import Diagnostics
internal import Routing
internal import YAMLDocument

/// Reads of app.yaml files what routing needs: the service's name and the number of its instances.
struct AppFileReader {
    let context: LoadContext

    init(_ context: LoadContext) { self.context = context }

    func services(_ sources: [SourceText]) -> [ServiceIdentity] {
        var services: [ServiceIdentity] = []
        var marks: [String: SourceMark] = [:]
        for source in sources {
            guard let (service, mark) = service(source) else { continue }
            if let first = marks.updateValue(mark, forKey: service.name) {
                context.error(
                    .badValue, at: mark, "the service '\(service.name)' has two app.yaml files",
                    hint: "name it otherwise, or leave one out",
                    notes: [.init(mark: first, message: "first defined here")])
            } else {
                services.append(service)
            }
        }
        return services
    }

    private func service(_ source: SourceText) -> (ServiceIdentity, SourceMark)? {
        let root = context.parse(source, anchors: .refused)
        let start = SourceMark(file: source.file, line: 1, column: 1)
        let reader = NodeReader(context, directory: ".")
        guard let root, !root.isNull else {
            if !context.diagnostics.contains(where: { $0.mark?.file == source.file }) {
                context.error(.structure, at: start, "the file is empty", hint: "an app.yaml has at least 'runtime'")
            }
            return nil
        }
        guard let entries = reader.entries(root, "app.yaml") else { return nil }
        let fields = Fields(entries: entries, mark: root.mark)
        if let module = fields.keyMark("module"), fields["module"] != nil, fields["service"] != nil {
            context.error(
                .bothServiceAndModule, at: module, "'module' is the old name of 'service'; a file has one of them",
                hint: "remove 'module'")
            return nil
        }
        let instances = instances(fields["manual_scaling"], reader)
        guard let node = fields["service"] ?? fields["module"] else {
            return (ServiceIdentity(name: "default", instances: instances), start)
        }
        return ServiceText.name(node, context).map { (ServiceIdentity(name: $0, instances: instances), node.mark) }
    }

    private func instances(_ node: YAMLNode?, _ reader: NodeReader) -> Int? {
        guard let node, let entries = reader.entries(node, "manual_scaling"),
            let value = Fields(entries: entries, mark: node.mark)["instances"]
        else { return nil }
        if case .unreadable = value.content { return nil }
        // Leading zeros are refused, so the text counts, not the octal number it might be.
        if let text = value.scalar?.text, let count = Int(text), count > 0, "\(count)" == text { return count }
        context.error(
            .badValue, at: value.mark, "'instances' must be a positive whole number, not \(value.kindName)",
            hint: "write it in digits, without leading zeros")
        return nil
    }
}

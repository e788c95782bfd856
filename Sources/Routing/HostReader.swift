/// Reads Host headers: which of the application's own hosts one is, and the names in front of that.
struct HostReader: Sendable {
    private let appspot: [String]
    /// Where the region is not known: the project, of which any region's host is taken.
    private let anyRegionProject: String?
    /// Longest first, so that a mapped subdomain wins over its mapped parent.
    private let customDomains: [String]

    init(_ app: AppIdentity) {
        let project = app.project?.lowercased()
        var appspot = project.map { ["\($0).appspot.com"] } ?? []
        if let project, let region = app.region { appspot.append("\(project).\(region.lowercased()).r.appspot.com") }
        self.appspot = appspot
        anyRegionProject = app.region == nil ? project : nil
        customDomains = app.customDomains.map { domain in
            let name = Self.normal(Array(domain.utf8).span)
            return name.utf8.starts(with: "*.".utf8) ? String(name.dropFirst(2)) : name
        }
        .sorted { $0.utf8.count > $1.utf8.count }
    }

    func read(_ host: Span<UInt8>) -> HostForm {
        let name = Self.normal(host)
        func form(_ family: HostForm.Family, _ labels: [String]) -> HostForm {
            HostForm(name: name, family: family, labels: labels)
        }
        for domain in appspot {
            if let labels = Self.labels(name, before: domain, joinedByDot: true) { return form(.appspot, labels) }
        }
        if let labels = labelsOfAnyRegion(name) { return form(.appspot, labels) }
        for domain in customDomains {
            if let labels = Self.labels(name, before: domain) { return form(.customDomain, labels) }
        }
        if Self.isLoopbackAddress(name) { return form(.local, []) }
        if let labels = Self.labels(name, before: "localhost") { return form(.local, labels) }
        return form(.foreign, [])
    }

    /// In lower case, without port and without one final dot.
    private static func normal(_ host: Span<UInt8>) -> String {
        var name = host.bytes(host.indices)
        // More than one colon outside brackets is a bare IPv6 address, not a port.
        if let colon = name.lastIndex(of: UInt8(ascii: ":")),
            colon == name.firstIndex(of: UInt8(ascii: ":"))
                || (colon > 0 && name[colon - 1] == UInt8(ascii: "]"))
        {
            name.removeSubrange(colon...)
        }
        if name.last == UInt8(ascii: ".") { name.removeLast() }
        for index in name.indices where (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(name[index]) {
            name[index] += 32
        }
        return String(decoding: name, as: UTF8.self)
    }

    /// The labels in front of `domain`: none for the domain itself, nil for another host.
    ///
    /// - `joinedByDot`: `-dot-` separates as a dot does.
    private static func labels(_ name: String, before domain: String, joinedByDot: Bool = false) -> [String]? {
        guard name.utf8.reversed().starts(with: domain.utf8.reversed()) else { return nil }
        var front = name.utf8.dropLast(domain.utf8.count)
        if front.isEmpty { return [] }
        if front.last == UInt8(ascii: ".") {
            front.removeLast()
        } else if joinedByDot, front.suffix(5).elementsEqual("-dot-".utf8) {
            front.removeLast(5)
        } else {
            return nil
        }
        let labels = front.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map { Array($0) }
        return (joinedByDot ? labels.flatMap(splitByDot) : labels).map { String(decoding: $0, as: UTF8.self) }
    }

    private func labelsOfAnyRegion(_ name: String) -> [String]? {
        guard let project = anyRegionProject else { return nil }
        var parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count > 4, parts.suffix(3) == ["r", "appspot", "com"] else { return nil }
        parts.removeLast(4)
        return Self.labels(parts.joined(separator: "."), before: project, joinedByDot: true)
    }

    /// The parts of a label between `-dot-`.
    private static func splitByDot(_ label: [UInt8]) -> [[UInt8]] {
        let separator = Array("-dot-".utf8)
        var parts: [[UInt8]] = [[]]
        var rest = label[...]
        while let byte = rest.first {
            if rest.starts(with: separator) {
                parts.append([])
                rest.removeFirst(separator.count)
            } else {
                parts[parts.count - 1].append(byte)
                rest.removeFirst()
            }
        }
        return parts
    }

    private static func isLoopbackAddress(_ name: String) -> Bool {
        if name == "[::1]" || name == "::1" { return true }
        let parts = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0].elementsEqual("127".utf8)
            && parts.allSatisfy { Substring($0).allSatisfy { ("0"..."9").contains($0) } && UInt8(Substring($0)) != nil }
    }
}

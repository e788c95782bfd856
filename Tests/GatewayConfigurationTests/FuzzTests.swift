import Diagnostics
import GatewayConfiguration
import TestSupport
import Testing

/// Whatever the file, there is a configuration, or at least one error, and the report can be rendered.
@Suite struct FuzzTests {
    private static let pieces = [
        "listen", "bus", "url", "services", "routes", "channels", "dispatch", "with", "path", "handler", "add.sum",
        "nats.bridge",
        "site.files", "${NOPE:-x}", "${", "$$", "*/a*", "\"*/b\"", "&a", "*a", "<<", "{", "}", "[", "]", ":", ",", "- ",
        "\n",
        "\n  ", "'", "\"", "#", "|", "~", "yes", "012", "1:30", "/{x...}", "/{x}", "nats://u:p@h", "use", "limits",
        "body", "10s",
        "é", "\u{0}", "\t", "service", "default", "module", "appengine", "versions", "origins", "health", "methods",
    ]

    @Test func mutatedFiles() {
        var random = SeededGenerator(seed: 11)
        let seeds = [
            LoadTests.sample, withRoute("bus: { url: [nats://u:p@h, h] }\nhealth: off\nlimits: { body: 1MB }"),
        ]
        for round in 0..<1_200 {
            var text = Array(seeds[round % seeds.count])
            for _ in 0..<random.below(8) {
                let place = random.below(text.count)
                switch random.below(3) {
                case 0:
                    text.replaceSubrange(
                        place..<min(text.count, place + random.below(6)),
                        with: random.pick(Self.pieces))
                case 1: text.insert(contentsOf: random.pick(Self.pieces), at: place)
                default: text.removeSubrange(place..<min(text.count - 1, place + random.below(12)))
                }
            }
            let result = load(String(text))
            #expect((result.configuration == nil) == result.hasErrors)
            #expect(result.report.isEmpty == result.diagnostics.isEmpty)
            let rules = ConfigurationLoader.loadAppEngine(
                dispatch: SourceText(file: "d", text: String(text)), apps: [SourceText(file: "a", text: String(text))])
            #expect((rules.configuration == nil) == rules.hasErrors)
        }
    }

    /// Ten thousand routes load in a moment.
    @Test(.timeLimit(.minutes(1))) func aLargeFile() {
        let routes = (0..<10_000).map { "- { path: \"/r\($0)/{x}\", handler: add.sum, methods: [GET] }\n" }.joined()
        let result = load("routes:\n" + routes)
        let count = result.configuration?.services[0].routes.count
        #expect(count == 10_000)
    }
}

import Diagnostics
import GatewayConfiguration
import Routing
import Testing

@Suite struct AppEngineTests {
    private static let dispatch = "dispatch:\n- {url: \"*/api/add*\", module: add}\n- {url: \"*/ws*\", module: ws}\n"

    private static func read(
        _ dispatch: String?, _ apps: [String], _ options: AppEngineOptions = AppEngineOptions()
    ) -> LoadResult {
        ConfigurationLoader.loadAppEngine(
            dispatch: dispatch.map { SourceText(file: "dispatch.yaml", text: $0) },
            apps: apps.enumerated().map { SourceText(file: "app\($0).yaml", text: $1) }, options: options)
    }

    @Test func theSeed() throws {
        let result = Self.read(
            Self.dispatch,
            [
                "service: default\nruntime: go112\nhandlers:\n- {url: /.*, script: auto, secure: always}\n",
                "service: add\nruntime: go112\nenv_variables: {QS_NATS_URL: \"nats:$x@h\"}\n",
                "module: ws\nruntime: custom\nenv: flex\nmanual_scaling: {instances: 2}\nresources: {cpu: 1}\n",
            ],
            AppEngineOptions(project: "p", region: "uc", domains: ["Example.com"], versions: ["ws": ["v2", "v1"]]))
        #expect(result.report == "")
        #expect(
            try #require(result.configuration).app
                == AppIdentity(
                    project: "p", region: "uc", customDomains: ["example.com"],
                    services: [
                        ServiceIdentity(name: "default"), ServiceIdentity(name: "add"),
                        ServiceIdentity(name: "ws", versions: ["v2", "v1"], instances: 2),
                    ]))
        #expect(result.configuration?.services.map(\.name) == ["default", "add", "ws"])
    }

    @Test func withoutAppFilesServicesAreThoseOfTheRules() throws {
        let result = Self.read(Self.dispatch, [])
        #expect(result.findings == [])
        #expect(try #require(result.configuration).app.services.map(\.name) == ["default", "add", "ws"])
    }

    @Test func onlyAppFiles() throws {
        #expect(try #require(Self.read(nil, ["runtime: x"]).configuration).app.services.map(\.name) == ["default"])
    }

    @Test(arguments: [
        (["service: add"], ["1:1 noDefaultService", "3:26 unknownService"]),
        (["runtime: x", "service: ad"], ["2:31 unknownService", "3:26 unknownService"]),
        (["service: add", "service: ws", "", "runtime: x"], ["1:1 structure"]),
        (["service: add", "module: ws", "runtime: x", "runtime: y"], ["1:1 badValue"]),
        (["runtime: x", "service: yes", "service: add", "service: ws"], ["1:10 serviceYamlBoolean"]),
        (["runtime: x", "service: add\nmodule: add", "service: add", "service: ws"], ["2:1 bothServiceAndModule"]),
        (["service: [a", "service: add"], ["1:10 yamlSyntax"]),
        (["runtime: &x y", "service: add", "service: ws"], ["1:10 yamlAnchor"]),
        (["a: 1\na: 2", "service: add", "service: ws"], ["2:1 duplicateKey"]),
        (["manual_scaling: {instances: 01}", "service: add", "service: ws"], ["1:29 badValue"]),
        (["manual_scaling: {instances: 0}", "service: add", "service: ws"], ["1:29 badValue"]),
        (["manual_scaling: {instances: 1.0}", "service: add", "service: ws"], ["1:29 badValue"]),
        (["manual_scaling: x", "service: add", "service: ws"], ["1:17 structure"]),
        (["[]", "service: add", "service: ws", "runtime: x"], ["1:1 structure"]),
    ])
    func problems(_ apps: [String], _ expected: [String]) {
        let result = Self.read(Self.dispatch, apps)
        #expect(result.findings == expected, "\(result.report)")
    }

    @Test(arguments: [
        (AppEngineOptions(domains: ["a b"]), ["badValue"]),
        (AppEngineOptions(versions: ["x": ["v1"]]), ["unknownService"]),
        (AppEngineOptions(versions: ["default": ["V1", "a-dot-b"]]), ["badValue", "badValue"]),
    ])
    func options(_ options: AppEngineOptions, _ expected: [String]) {
        #expect(Self.read(nil, ["runtime: x"], options).findings == expected)
    }

    @Test func filesThatAreNotThere() {
        let result = ConfigurationLoader.loadAppEngine(dispatch: "/nowhere/d.yaml", apps: ["/nowhere/a.yaml"])
        #expect(result.findings == ["fileUnreadable", "fileUnreadable"] && result.configuration == nil)
    }
}

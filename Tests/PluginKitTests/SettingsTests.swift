import PluginKit
import Testing

@Suite("Settings")
struct SettingsTests {
    static let settings = Settings([
        "text": .string("t"), "number": .integer(7), "flag": .boolean(false), "time": .duration(.seconds(2)),
        "list": .list([.string("a"), .integer(1), .string("b")]), "map": .map(["k": .string("v")]),
    ])

    @Test("Each accessor answers for its own kind of value only", arguments: settings.values.keys.sorted() + ["absent"])
    func kinds(name: String) {
        #expect(Self.settings.string(name) == (name == "text" ? "t" : nil))
        #expect(Self.settings.integer(name) == (name == "number" ? 7 : nil))
        #expect(Self.settings.boolean(name) == (name == "flag" ? false : nil))
        #expect(Self.settings.duration(name) == (name == "time" ? .seconds(2) : nil))
        #expect(Self.settings.strings(name) == (name == "list" ? ["a", "b"] : nil))
    }

    @Test("Equal settings are one key: a reload keeps the instance")
    func key() {
        let same = Settings(Self.settings.values)
        var other = same
        other.values["map"] = .map(["k": .string("w")])
        #expect(Set([Self.settings, same]).count == 1)
        #expect(Set([Self.settings, other]).count == 2)
    }

    @Test("An error keeps the path to the setting it is about")
    func error() {
        #expect(SettingError(message: "m").path == [])
        #expect(SettingError("rules", "2", "allow", message: "m", hint: "h").path == ["rules", "2", "allow"])
    }
}

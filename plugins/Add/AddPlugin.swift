public import PluginKit

/// The add API: sums two integers or joins two strings, answers the result and publishes it on the bus.
public enum AddPlugin: Plugin {
    public static let name = "add"

    public static let handlers = [
        HandlerDeclaration(
            name: "add.sum", summary: "Answers the sum of two 64-bit integers and publishes it.", settings: [publish],
            make: .http { settings, context in try AddHandler<Int64>(settings, context) }),
        HandlerDeclaration(
            name: "add.concat", summary: "Answers two strings joined together and publishes the result.",
            settings: [publish], make: .http { settings, context in try AddHandler<JSONString>(settings, context) }),
    ]

    private static let publish = SettingDeclaration(
        "publish", .string, default: .string("add"), summary: "The subject that each result is published to.")
}

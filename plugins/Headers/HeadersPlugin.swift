public import PluginKit

/// Changes the header fields of responses.
public enum HeadersPlugin: Plugin {
    public static let name = "headers"

    public static let handlers = [
        HandlerDeclaration(
            name: "headers", summary: "Sets, adds or removes header fields of responses.",
            settings: [
                SettingDeclaration(
                    "set", .map, isOptional: true, summary: "Fields and their values, in place of the handler's."),
                SettingDeclaration("add", .map, isOptional: true, summary: "Fields added to the handler's."),
                SettingDeclaration("remove", .list, isOptional: true, summary: "Names of fields that are left out."),
            ],
            make: .middleware { settings, _ in try HeadersMiddleware(settings) })
    ]
}

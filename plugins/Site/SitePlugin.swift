public import PluginKit

/// Serves a folder of files: a website, or the page of an application.
public enum SitePlugin: Plugin {
    public static let name = "site"

    public static let handlers = [
        HandlerDeclaration(
            name: "site.files", summary: "Serves the files of a folder.",
            settings: [
                SettingDeclaration("root", .path, summary: "The folder. Nothing outside it is ever served."),
                SettingDeclaration(
                    "index", .string, default: .string("index.html"), summary: "What a folder is answered with."),
                SettingDeclaration(
                    "cache", .duration, isOptional: true,
                    summary: "How long clients may keep a file unasked. Without it they ask each time."),
                SettingDeclaration(
                    "fallback", .string, isOptional: true,
                    summary: "File for paths that lead nowhere and have no extension: the page of a single-page app."),
            ],
            make: .http { settings, context in try SiteHandler(settings, context) })
    ]
}

public import PluginKit

/// Gives back what it gets: for trying things out, for tests, and as an example to copy.
public enum EchoPlugin: Plugin {
    public static let name = "echo"

    public static let handlers = [
        HandlerDeclaration(
            name: "echo.http", summary: "Answers a fixed text, or the request itself as JSON.",
            settings: [
                SettingDeclaration(
                    "text", .string, isOptional: true, summary: "Answer this text instead of the request."),
                SettingDeclaration("status", .integer(200...599), default: .integer(200), summary: "The status code."),
            ],
            make: .http { settings, _ in EchoHandler(settings) }),
        HandlerDeclaration(
            name: "echo.channel", summary: "Sends each WebSocket message back as it came.",
            make: .socket { _, _ in EchoChannel() }),
    ]
}

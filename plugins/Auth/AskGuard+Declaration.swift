internal import PluginKit

extension AskGuard {
    static let declaration = HandlerDeclaration(
        name: "auth.ask", summary: "Lets in whom an HTTP endpoint, or a service on the bus, lets in.",
        settings: [
            SettingDeclaration("url", .string, isOptional: true, summary: "The URL that is asked, by GET."),
            SettingDeclaration(
                "subject", .string, isOptional: true, summary: "Or the subject on the bus that is asked on."),
            SettingDeclaration(
                "headers", .list, default: .list([.string("Cookie"), .string("Authorization")]),
                summary: "Header fields that are passed on."),
            SettingDeclaration(
                "timeout", .duration, default: .duration(.seconds(5)), summary: "How long an answer may take; then 503."
            ),
            SettingDeclaration(
                "cache", .duration, isOptional: true,
                summary: "For how long somebody who was let in is not asked about again, for the same request."),
            EndpointSettings.authorities, EndpointSettings.plain,
        ],
        make: .middleware { try AskGuard($0, $1) })

    private convenience init(_ settings: Settings, _ context: HandlerContext) throws {
        let headers = settings.strings("headers") ?? []
        for (index, name) in headers.enumerated() {
            guard HeaderFields.isName(name) else {
                throw SettingError("headers", "\(index)", message: "'\(name)' is not the name of a header field")
            }
            guard !Question.ownNames.contains(name.lowercased()), !HeaderFields.isReserved(name) else {
                throw SettingError("headers", "\(index)", message: "the field '\(name)' is the gateway's own here")
            }
        }
        let timeout = settings.duration("timeout") ?? .seconds(5)
        guard timeout > .zero else { throw SettingError("timeout", message: "nobody can answer in no time") }
        let cache = settings.duration("cache").flatMap { $0 > .zero ? GrantCache(time: $0) : nil }
        self.init(
            try Self.authority(settings, context), headers: headers, timeout: timeout, cache: cache,
            logger: context.logger)
    }

    private static func authority(_ settings: Settings, _ context: HandlerContext) throws -> Authority {
        switch (settings.string("url"), settings.string("subject")) {
        case (let url?, nil):
            do throws(Problem) {
                return .server(try EndpointSettings(settings, context).client(url))
            } catch {
                throw SettingError("url", message: "'url' cannot be used: \(error.reason)")
            }
        case (nil, let subject?):
            if let problem = Subject.publishProblem(subject) { throw SettingError("subject", message: problem) }
            return .bus(context.bus, subject: subject)
        case (nil, nil): throw SettingError(message: "there is nobody to ask", hint: "give it a url or a subject")
        case (_?, _?): throw SettingError("subject", message: "only one can be asked", hint: "remove url or subject")
        }
    }
}

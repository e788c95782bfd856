import PluginKit

/// The subject of a request, as the settings of several handlers give it.
struct SubjectSettings {
    static let reserved = SettingDeclaration(
        "reserved", .boolean, default: .boolean(false),
        summary: "Whether subjects that servers keep for themselves (`$…`, `_INBOX.…`) may be reached.")
    static let wildcards = SettingDeclaration(
        "wildcards", .boolean, default: .boolean(false),
        summary: "Whether `*` and `>` may stand in what is subscribed to, in the text or in a parameter's value.")
    static let declarations = [
        SettingDeclaration(
            "subject", .string, summary: "The subject; `{name}` is a parameter of the path, `{claim.NAME}` a claim."),
        reserved,
    ]

    let template: SubjectTemplate
    private let rules: SubjectRules
    let allowsWildcards: Bool

    init(_ settings: Settings, _ context: HandlerContext) throws {
        rules = SubjectRules(settings)
        allowsWildcards = settings.boolean("wildcards") ?? false
        template = try SubjectTemplate(settings.string("subject") ?? "", wildcards: allowsWildcards, context)
    }

    /// The subject that a request names.
    func subject(_ request: Request) throws(Refusal) -> String {
        do throws(SubjectProblem) {
            return try rules.subject(template, request.parameters, request.identity, wildcards: allowsWildcards)
        } catch {
            throw Refusal(error, request)
        }
    }
}

/// The catalogue: every finding has a stable code, a kind (the case's name) and a line that explains it.
///
/// `docs/diagnostics.md` is checked against this list, so a code can never go undocumented.
/// Kinds of the first two groups carry the names that App Engine's error vectors use.
package enum DiagnosticCode: String, CaseIterable, Sendable {
    // Reading YAML
    case yamlSyntax = "SY0001"
    case yamlAnchor = "SY0002"
    case multipleDocuments = "SY0003"
    case duplicateKey = "SY0004"
    case structure = "SY0005"
    case unknownKey = "SY0006"
    case yamlLimit = "SY0007"
    case yamlEncoding = "SY0008"
    case fileUnreadable = "SY0009"

    // Dispatch rules
    case applicationKey = "SY0020"
    case missingUrl = "SY0021"
    case urlType = "SY0022"
    case urlShape = "SY0023"
    case host = "SY0024"
    case hostIPv4 = "SY0025"
    case missingService = "SY0026"
    case service = "SY0027"
    case serviceYamlBoolean = "SY0028"
    case bothServiceAndModule = "SY0029"
    case starInPath = "SY0030"
    case tooManyRules = "SY0031"
    case patternTooLong = "SY0032"
    case unknownService = "SY0033"
    case noDefaultService = "SY0034"
    case unreachableRule = "SY0035"

    // routes.yaml
    case unknownHandler = "SY0040"
    case handlerKind = "SY0041"
    case missingSetting = "SY0042"
    case unknownSetting = "SY0043"
    case badSetting = "SY0044"
    case pathTemplate = "SY0045"
    case ambiguousRoute = "SY0046"
    case unreachableRoute = "SY0047"
    case undefinedVariable = "SY0048"
    case badVariable = "SY0049"
    case badValue = "SY0050"
    case missingKey = "SY0051"
    case noRoutes = "SY0053"
    case addressInUse = "SY0054"
    case notYetSupported = "SY0055"

    /// The word that scripts match on: `urlShape`, `unknownHandler`, …
    package var kind: String { "\(self)" }

    /// One sentence for `docs/diagnostics.md`.
    package var summary: String {
        switch self {
        case .yamlSyntax: "The text is not well-formed YAML 1.1."
        case .yamlAnchor:
            "App Engine files may not use anchors, aliases or merge keys; a value that starts with `*` needs quotes."
        case .multipleDocuments: "The file holds more than one YAML document."
        case .duplicateKey: "A mapping names the same key twice."
        case .structure: "A value has the wrong shape: a list where a mapping belongs, and so on."
        case .unknownKey: "A key that this place does not know."
        case .yamlLimit: "The file is larger, deeper or expands to more than the reader allows."
        case .yamlEncoding: "The file is not valid UTF-8."
        case .fileUnreadable: "A file could not be opened or read."
        case .applicationKey: "`application` is not used by gcloud and must be removed before deploying."
        case .missingUrl: "A dispatch rule has no `url`."
        case .urlType: "A dispatch rule's `url` is not a string."
        case .urlShape: "A dispatch rule's `url` is not HOST/PATH."
        case .host: "The host part of a dispatch pattern is not one App Engine accepts."
        case .hostIPv4: "The host part of a dispatch pattern is an IPv4 address."
        case .missingService: "A dispatch rule names no service."
        case .service:
            """
            A service name breaks App Engine's rules: lower-case letters, digits and inner hyphens, 1 to 63 \
            characters.
            """
        case .serviceYamlBoolean: "A service name is a YAML boolean; quote it."
        case .bothServiceAndModule: "A dispatch rule has `service` and its old name `module`."
        case .starInPath: "A `*` in a dispatch path is only allowed as its last character."
        case .tooManyRules: "More dispatch rules than App Engine takes (20)."
        case .patternTooLong: "A dispatch pattern longer than App Engine takes (100 characters)."
        case .unknownService: "A service that is not defined."
        case .noDefaultService: "An application needs a service called `default`."
        case .unreachableRule: "A dispatch rule that can never match, because an earlier one takes everything it would."
        case .unknownHandler: "No plugin provides a handler of this name."
        case .handlerKind: "A channel handler on a route, or a route handler on a channel."
        case .missingSetting: "A handler's required setting is missing."
        case .unknownSetting: "A handler has no setting of this name."
        case .badSetting: "A handler refused a setting's value."
        case .pathTemplate: "A route's path is not a valid template."
        case .ambiguousRoute: "Two routes have the same shape and overlapping methods."
        case .unreachableRoute: "No dispatch rule leads to this route."
        case .undefinedVariable: "`${NAME}` is not set in the environment and has no default."
        case .badVariable: "A `${…}` that cannot be read."
        case .badValue: "A value is outside what this key takes."
        case .missingKey: "A required key is missing."
        case .noRoutes: "A service, or the whole file, has nothing to serve."
        case .addressInUse: "A listener's address cannot be bound."
        case .notYetSupported: "The grammar reserves this key, but this release does not act on it."
        }
    }
}

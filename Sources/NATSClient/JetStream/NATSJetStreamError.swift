/// What the JetStream API answered instead of a result.
public struct NATSJetStreamAPIError: Error, Sendable, Equatable, CustomStringConvertible {
    /// In the manner of HTTP: 404 where nothing is found, 400 for a bad request, 503 for a lack of resources.
    public var code: Int
    /// What exactly: one of the server's numbered errors; 0 where the server gave none.
    public var errorCode: Int
    public var text: String

    public init(code: Int, errorCode: Int = 0, text: String) {
        self.code = code
        self.errorCode = errorCode
        self.text = text
    }

    public var description: String { "\(text) (\(code), \(errorCode))" }

    /// No server of the cluster can take the stream, perhaps for now.
    public static let noSuitablePeers = 10005
    public static let consumerNotFound = 10014
    public static let messageNotFound = 10037
    public static let streamNameInUse = 10058
    public static let streamNotFound = 10059
    /// Another stream stores some of the same subjects.
    public static let subjectsOverlap = 10065
    /// The last sequence is not the one expected.
    public static let wrongLastSequence = 10071
}

/// Why a JetStream or key-value operation failed.
public enum NATSJetStreamError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The server said no.
    case api(NATSJetStreamAPIError)
    /// No answer came. `noResponders`: JetStream is off, or the stream takes no such request.
    case request(NATSRequestError)
    /// The call itself is wrong, and nothing was asked: what is wrong with it.
    case invalid(String)
    /// The answer is not what it should be.
    case badResponse(String)
    /// The stream that was being read was deleted and made anew, or its sequences went back.
    case streamReplaced

    /// The server's number of the error, where the server gave one.
    public var errorCode: Int? { if case .api(let error) = self { error.errorCode } else { nil } }

    /// One word of a fixed set, for metrics.
    public var label: String {
        switch self {
        case .api: "api"
        case .request(let error): error.label
        case .invalid: "invalid"
        case .badResponse: "badResponse"
        case .streamReplaced: "streamReplaced"
        }
    }

    public var description: String {
        switch self {
        case .api(let error): "JetStream refused: \(error)"
        case .request(let error): "no answer of JetStream: \(error)"
        case .invalid(let what): what
        case .badResponse(let what): "JetStream's answer cannot be used: \(what)"
        case .streamReplaced: "the stream is not the one it was: it was made anew, or lost its latest messages"
        }
    }
}

/// Why bytes from a client are not taken as HTTP/1.1: answer with `status`, then close the connection.
///
/// - A plain value without storage; the peer is always to blame.
/// - Nothing of what the client sent is in it, so it may go into error bodies, logs and metrics.
package struct Refusal: Error, Sendable, Hashable {
    enum Code: UInt8 {
        case method, methodTooLong, target, targetTooLong, targetForm, connectPort, requestLine, version, majorVersion
        case bareCR, bareLF, folding, fieldName, spaceBeforeColon, fieldValue, headTooLarge, tooManyFields
        case hostMissing, hostRepeated, host
        case lengthRepeated, length, lengthOverflow, lengthAndCoding
        case codingInHTTP10, coding, codingNotLast, chunkedTwice, codingUnknown
        case expectation
        case bodyTooLarge, chunkSize, chunkExtension, chunkExtensionTooLong, chunkEnd
    }

    let code: Code

    init(_ code: Code) { self.code = code }

    /// The status to answer: 400, 413, 414, 417, 431, 501 or 505.
    package var status: Int {
        switch code {
        case .bodyTooLarge, .lengthOverflow: 413
        case .targetTooLong: 414
        case .expectation: 417
        case .headTooLarge, .tooManyFields: 431
        case .methodTooLong, .codingUnknown: 501
        case .majorVersion: 505
        default: 400
        }
    }

    /// One short sentence in plain English, a constant of the program.
    package var message: String {
        switch code {
        case .method: "The method is not a token."
        case .methodTooLong: "The method is not known here."
        case .target: "The request target has a character that is not allowed."
        case .targetTooLong: "The request line is too long."
        case .targetForm: "The request target has no valid form."
        case .connectPort: "The target of CONNECT is not host:port."
        case .requestLine: "The request line is not method, target and version with one space between."
        case .version: "The HTTP version is malformed."
        case .majorVersion: "This HTTP version is not supported."
        default: fieldMessage
        }
    }

    private var fieldMessage: String {
        switch code {
        case .bareCR: "A CR without LF."
        case .bareLF: "An LF without CR."
        case .folding: "A header line begins with white space."
        case .fieldName: "A header name is empty or not a token."
        case .spaceBeforeColon: "White space between a header name and its colon."
        case .fieldValue: "A header value has a control character."
        case .headTooLarge: "The header section is too large."
        case .tooManyFields: "Too many header lines."
        case .hostMissing: "The Host header is missing."
        case .hostRepeated: "More than one Host header."
        case .host: "The Host header is not a valid host and port."
        case .expectation: "The expectation cannot be met."
        default: bodyMessage
        }
    }

    private var bodyMessage: String {
        switch code {
        case .lengthRepeated: "More than one Content-Length."
        case .length: "Content-Length is not a number."
        case .lengthOverflow, .bodyTooLarge: "The body is too large."
        case .lengthAndCoding: "Both Content-Length and Transfer-Encoding."
        case .codingInHTTP10: "Transfer-Encoding in an HTTP/1.0 request."
        case .coding: "Transfer-Encoding is malformed."
        case .codingNotLast: "The last transfer coding is not chunked."
        case .chunkedTwice: "The chunked coding is applied twice."
        case .codingUnknown: "This transfer coding is not supported."
        case .chunkSize: "A chunk size is malformed."
        case .chunkExtension: "A chunk extension is malformed."
        case .chunkExtensionTooLong: "The chunk extensions are too long."
        case .chunkEnd: "A chunk does not end where its size says."
        default: "The request is malformed."
        }
    }
}

extension Refusal: CustomStringConvertible {
    package var description: String { "\(status) \(message)" }
}

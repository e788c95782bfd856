import Foundation
import PluginKit
import Testing

@Suite("The error envelope")
struct ErrorEnvelopeTests {
    @Test("Its bytes")
    func bytes() {
        #expect(
            ErrorEnvelope(status: 400, message: "bad").json.text
                == #"{"error":{"code":400,"message":"bad","errors":[{"message":"bad"}]}}"# + "\n")
        #expect(
            ErrorEnvelope(status: 503, message: #"a"<b>"#, requestID: RequestID(rawValue: 0xA1)).json.text
                == #"{"error":{"code":503,"message":"a\"\u003cb\u003e","errors":[{"message":"a\"\u003cb\u003e"}]},"#
                + #""requestId":"00000000000000a1"}"# + "\n")
    }

    @Test("As a response")
    func response() {
        let envelope = ErrorEnvelope(status: 413, message: "too large")
        let response = envelope.response
        #expect(response.status == 413)
        #expect(response.headers == ["Content-Type": "application/json"])
        guard case .bytes(let bytes) = response.body else {
            Issue.record("not bytes: \(response.body)")
            return
        }
        #expect(bytes == envelope.json)
    }

    @Test("Any message comes through", arguments: ["", "\u{0}\n\t\\\"", "日本語 🏭", "</script>\u{2028}"])
    func anyMessage(message: String) throws {
        let envelope = ErrorEnvelope(status: 500, message: message, requestID: RequestID(rawValue: 1))
        let object = try #require(try JSONSerialization.jsonObject(with: Data(envelope.json)) as? [String: Any])
        let error = try #require(object["error"] as? [String: Any])
        let first = try #require((error["errors"] as? [[String: String]])?.first)
        #expect(error["code"] as? Int == 500)
        #expect(error["message"] as? String == message)
        #expect(first == ["message": message])
        #expect(object["requestId"] as? String == "0000000000000001")
    }
}

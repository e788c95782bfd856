internal import NATSClient
package import PluginKit

/// What whoever was asked says to a request.
package enum Verdict: Sendable, Equatable {
    /// With what it says of the client; nil if nothing.
    case admitted(Grant?)
    /// 401 or 403, with its `WWW-Authenticate`.
    case refused(status: Int, challenge: String?)
    /// Nothing that could be understood: the client is not let in.
    case unclear(Problem)

    package init(_ answer: HTTPAnswer) {
        let type = answer.header("content-type")?.lowercased().prefix { $0 != ";" } ?? ""
        let isJSON = type.hasSuffix("/json") || type.hasSuffix("+json")
        self.init(
            status: answer.status, json: isJSON ? answer.body : [], challenge: answer.header("www-authenticate"))
    }

    /// Headers speak first: `Status`, or the one of NATS services' errors; without them the body's `status`.
    package init(_ reply: BusMessage) {
        func header(_ name: String) -> String? {
            reply.headers.first { $0.name.lowercased() == name }?.value
        }
        let status: Int?
        if let text = header("status") ?? header("nats-service-error-code") {
            status = Int(text)
        } else {
            status = NATSJSON.parse(reply.payload.span)?["status"]?.integer
        }
        self.init(status: status, json: reply.payload, challenge: header("www-authenticate"))
    }

    private init(status: Int?, json: [UInt8], challenge: String?) {
        switch status {
        case let status? where 200..<300 ~= status:
            do throws(Problem) {
                self = .admitted(json.isEmpty ? nil : try Self.grant(json))
            } catch {
                self = .unclear(error)
            }
        case let status? where status == 401 || status == 403:
            let isField = challenge?.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } ?? false
            self = .refused(status: status, challenge: isField ? challenge : nil)
        case let status?: self = .unclear(Problem("the answer is \(status)"))
        case nil: self = .unclear(Problem("the answer has no status"))
        }
    }

    /// From `{"subject":…,"claims":{…},"expires":…,"permissions":{"publish":[…],"subscribe":[…]}}`, all optional.
    private static func grant(_ json: [UInt8]) throws(Problem) -> Grant? {
        guard let members = NATSJSON.parse(json.span)?.object else { throw Problem("the answer is no JSON object") }
        var grant = Grant()
        if let subject = members["subject"], subject != .null {
            guard let name = subject.string else { throw Problem("the answer's 'subject' is no text") }
            grant.subject = name
        }
        if let claims = members["claims"], claims != .null {
            guard let object = claims.object else { throw Problem("the answer's 'claims' is no object") }
            grant.claims = Claims(object).scalars
        }
        if let expires = members["expires"], expires != .null {
            guard let seconds = expires.integer else { throw Problem("the answer's 'expires' is no whole number") }
            grant.expires = Int64(seconds)
        }
        if let permissions = members["permissions"], permissions != .null {
            guard let object = permissions.object else { throw Problem("the answer's 'permissions' is no object") }
            grant.permissions.publish = try patterns("publish", object)
            grant.permissions.subscribe = try patterns("subscribe", object)
        }
        return grant == Grant() ? nil : grant
    }

    private static func patterns(_ name: String, _ object: [String: NATSJSON]) throws(Problem) -> [String]? {
        guard let value = object[name], value != .null else { return nil }
        let patterns = value.array?.map(\.string) ?? [nil]
        guard patterns.allSatisfy({ $0.map { Subject.subscribeProblem($0) == nil } ?? false }) else {
            throw Problem("the answer's permissions to \(name) are no list of patterns")
        }
        return patterns.compactMap(\.self)
    }
}

extension Grant {
    /// Together with what an earlier guard found out: what is said anew counts, and nobody stays longer than either
    /// allows.
    package func added(to earlier: Identity?) -> Grant {
        var grant = self
        if let subject { grant.claims["sub"] = grant.claims["sub"] ?? subject }
        guard let earlier else { return grant }
        grant.subject = subject ?? earlier.subject
        grant.claims = earlier.claims.merging(grant.claims) { _, newer in newer }
        grant.expires = [expires, earlier.expires].compactMap(\.self).min()
        grant.permissions.publish = permissions.publish ?? earlier.permissions.publish
        grant.permissions.subscribe = permissions.subscribe ?? earlier.permissions.subscribe
        return grant
    }
}

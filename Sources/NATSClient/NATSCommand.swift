/// The lines a client writes, publishes apart. What goes in has been validated.
package enum NATSCommand {
    static let ping = "PING\r\n"
    static let pong = "PONG\r\n"

    static func subscribe(_ number: UInt64, subject: String, queue: String?) -> String {
        if let queue { "SUB \(subject) \(queue) \(number)\r\n" } else { "SUB \(subject) \(number)\r\n" }
    }

    static func unsubscribe(_ number: UInt64) -> String { "UNSUB \(number)\r\n" }

    /// The answer to the first `INFO`.
    ///
    /// - Parameter login: keys and values that say and prove who we are.
    package static func connect(
        _ configuration: NATSConfiguration, login: [(String, String)], isSecure: Bool
    ) -> String {
        var members = [
            #""verbose":false,"pedantic":false,"tls_required":\#(isSecure)"#,
            #""lang":"swift","version":"1.0.0","protocol":1,"headers":true,"no_responders":true"#,
            #""echo":\#(configuration.echo)"#,
        ]
        func add(_ key: String, _ value: String) { members.append("\"\(key)\":\(NATSJSON.quoted(value))") }
        if let name = configuration.name { add("name", name) }
        for (key, value) in login { add(key, value) }
        return "CONNECT {\(members.joined(separator: ","))}\r\n"
    }
}

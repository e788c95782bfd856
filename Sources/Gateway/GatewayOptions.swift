/// What the command line and the environment say about a run.
package struct GatewayOptions: Sendable {
    /// The configuration file.
    package var file: String
    /// `HOST:PORT` instead of the first listener.
    package var listen: String?
    /// Serve this service alone, without dispatch: the process is one service of an app whose front has dispatched.
    package var service: String?
    /// Event loops; nil: one for each processor this process may use.
    package var loops: Int?
    package var environment: [String: String]

    package init(
        file: String, listen: String? = nil, service: String? = nil, loops: Int? = nil,
        environment: [String: String] = [:]
    ) {
        self.file = file
        self.listen = listen
        self.service = service
        self.loops = loops
        self.environment = environment
    }
}

/// Why the gateway did not start; `description` is ready to be shown, diagnostics included.
package struct StartFailure: Error, CustomStringConvertible {
    package let description: String
}

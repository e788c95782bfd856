package import Diagnostics

extension GatewayConfiguration {
    /// The configuration with its first listener as the process was told to listen.
    ///
    /// - `SWITCHYARD_LISTEN` (`HOST:PORT`, or `HOST` to keep the port) replaces the first listener,
    /// - `PORT` then replaces its port, as App Engine expects,
    /// - `listen`, from the command line, beats both.
    package func applying(
        listen: String?, environment: [String: String]
    ) -> (configuration: GatewayConfiguration, diagnostics: [Diagnostic]) {
        var result = self
        var diagnostics: [Diagnostic] = []
        var first = listeners.first ?? .standard
        func replace(_ text: String, _ name: String) {
            guard let address = AddressText(text) else {
                diagnostics.append(Self.problem(name, "must be HOST:PORT, not '\(text)'", "for example 127.0.0.1:8080"))
                return
            }
            let host = address.host ?? (address.port == nil ? first.host : "0.0.0.0")
            first = Listener(host: host, port: address.port ?? first.port)
        }
        if let listen {
            replace(listen, "--listen")
        } else {
            if let text = environment["SWITCHYARD_LISTEN"], !text.isEmpty { replace(text, "SWITCHYARD_LISTEN") }
            if let text = environment["PORT"], !text.isEmpty {
                if let port = AddressText.port(text) {
                    first.port = port
                } else {
                    diagnostics.append(Self.problem("PORT", "must be a port number, not '\(text)'", "for example 8080"))
                }
            }
        }
        result.listeners = [first] + listeners.dropFirst()
        return (result, diagnostics)
    }

    private static func problem(_ name: String, _ message: String, _ hint: String) -> Diagnostic {
        Diagnostic(.badValue, at: nil, "\(name) \(message)", hint: hint)
    }
}

/// Why something of the operator's cannot be used or reached; for the log and for diagnostics, never for clients.
package struct Problem: Error, Equatable {
    package let reason: String

    package init(_ reason: String) { self.reason = reason }
}

/// Why a dispatch pattern is refused.
package struct DispatchPatternError: Error, Sendable, Hashable {
    package let kind: Kind
    /// What is wrong, one sentence without a full stop.
    package let message: String
    /// What to write instead.
    package let hint: String?
    /// Where in the pattern, in Unicode scalars.
    package let offset: Int
    /// How many Unicode scalars; 0 only for an empty pattern.
    package let length: Int

    /// Named as the App Engine error kinds of our diagnostics.
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        case urlShape, host, hostIPv4, starInPath, patternTooLong
    }
}

/// How large the head of a message may be.
package struct HeadLimits: Sendable, Hashable {
    /// Bytes of a request line without its CRLF; more is 414.
    package var requestLine: Int
    /// Bytes of a head up to and with the empty line that ends it, and bytes of a trailer section; more is 431.
    package var head: Int
    /// Field lines of a head, and of a trailer section; more is 431.
    package var fieldCount: Int

    package init(requestLine: Int = 8192, head: Int = 16384, fieldCount: Int = 100) {
        self.requestLine = requestLine
        self.head = head
        self.fieldCount = fieldCount
    }
}

/// A rule of RFC 6455 or 7692 that the peer broke.
struct Violation {
    let code: UInt16
    let reason: String

    var event: FrameEvent { .violation(code: code, reason: reason) }

    private init(_ reason: String, code: UInt16 = CloseCode.protocolError) {
        self.code = code
        self.reason = reason
    }

    static let reservedBits = Violation("reserved bits are set")
    static let reservedOpcode = Violation("reserved opcode")
    static let fragmentedControl = Violation("fragmented control frame")
    static let longControl = Violation("control frame of more than 125 bytes")
    static let unexpectedContinuation = Violation("continuation of no message")
    static let unfinishedMessage = Violation("new message before the end of the last")
    static let unmaskedByClient = Violation("client frame without a mask")
    static let maskedByServer = Violation("server frame with a mask")
    static let nonMinimalLength = Violation("length not in its shortest form")
    static let hugeLength = Violation("length of 64 bits")
    static let shortClose = Violation("close frame of one byte")
    static let badCloseCode = Violation("close code that may not be sent")
    static let invalidReason = Violation("close reason is not UTF-8", code: CloseCode.invalidPayload)
    static let invalidText = Violation("text is not UTF-8", code: CloseCode.invalidPayload)
    static let corruptData = Violation("compressed data is corrupt", code: CloseCode.invalidPayload)
    static let tooBig = Violation("message too big", code: CloseCode.messageTooBig)
}

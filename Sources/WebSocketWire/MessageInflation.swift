/// One socket's side of reading compressed messages. Used on its event loop.
///
/// - Bytes are gathered as they came, and inflated when the message ends or each time 64 kB have come. So a message
///   that trickles in holds what was sent and no more, and only one of 64 kB or more holds an inflater, about 40 kB.
/// - Between messages it holds nothing, or the inflater if the client keeps its window: 7 kB and the window.
package final class MessageInflation {
    private let pool: InflaterPool
    /// The inflater's window if it lives on from message to message, else nil.
    private let keptWindowBits: Int?
    private var inflater: Inflater?
    private var gathered: [UInt8] = []

    private static let step = 1 << 16

    /// For a server that agreed to `terms`.
    package convenience init(_ terms: PerMessageDeflate, pool: InflaterPool) {
        self.init(keptWindowBits: terms.keepsClientWindow ? terms.clientWindowBits : nil, pool: pool)
    }

    /// - Parameter keptWindowBits: the sender's window, 8 to 15, if it keeps it from message to message.
    package init(keptWindowBits: Int?, pool: InflaterPool) {
        self.keptWindowBits = keptWindowBits
        self.pool = pool
    }

    var heldBytes: Int { gathered.capacity }
    /// How many bytes may be gathered until a step is full.
    var room: Int { Self.step - gathered.count }

    func gather(_ bytes: Span<UInt8>, _ key: MaskingKey) { key.append(bytes, to: &gathered) }

    /// Inflates what was gathered; `take` gets it in pieces of at most a chunk, and stops it by answering false.
    func inflate(isLast: Bool, _ take: (Span<UInt8>) -> Bool) -> Inflater.Outcome {
        let inflater = self.inflater ?? keptWindowBits.map(Inflater.init) ?? pool.borrow()
        self.inflater = inflater
        var bytes: [UInt8] = []
        swap(&bytes, &gathered)
        let outcome = inflater.inflate(bytes.span, chunk: pool.chunk, take)
        guard isLast && outcome == .done else { return outcome }
        let ending = inflater.endMessage(chunk: pool.chunk, take)
        if keptWindowBits == nil { end() }
        return ending
    }

    /// Lets go of everything.
    func end() {
        gathered = []
        if let inflater, keptWindowBits == nil { pool.giveBack(inflater) }
        inflater = nil
    }
}

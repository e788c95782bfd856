extension BusFailure: CustomStringConvertible {
    public var description: String {
        switch self {
        case .noResponders: "nobody answers on this subject"
        case .timeout: "no answer in time"
        case .refused(let reason): reason
        case .tooLarge(let limit): "the bus takes at most \(limit) bytes"
        }
    }
}

internal import NIOCore

/// Finding out whether messages left the stream before they could be read.
extension NATSOrderedReading {
    func meaning(of stream: NATSStreamConfiguration) -> HoleMeaning {
        if configuration.start == .lastPerSubject { return .nothing }
        let isWhole = [nil, ">"].contains(configuration.filter) || stream.subjects == [configuration.filter]
        return isWhole && stream.maximumMessagesPerSubject == nil ? .loss : .unknown
    }

    /// A message comes behind a hole.
    func passed(_ sequence: UInt64, after last: UInt64) {
        switch holeMeaning {
        case .nothing: break
        case .loss: if sequence > last + 1 { tell(.skipped(last + 1...sequence - 1)) }
        case .unknown:
            holes.received(sequence, after: last)
            if holes.needsLook { look(within: patience) }
        }
    }

    /// The consumer says that it has nothing left.
    func idle() {
        guard case .unknown = holeMeaning else { return }
        holes.idle()
        look(within: .seconds(1))
    }

    private func look(within delay: TimeAmount) {
        guard !isLooking else { return }
        isLooking = true
        let made = created
        let asker = NATSStreamLooks.Asker {
            self.holes.beginLook()
        } end: { seen in
            self.isLooking = false
            // Of another stream: the next round tells.
            guard case .success(let info) = seen, info.created == made, made == self.created else {
                return self.holes.failLook()
            }
            self.patience = info.patience
            if let before = self.holes.endLook(first: info.firstSequence, last: info.lastSequence) {
                let end = min(info.firstSequence - 1, self.last ?? 0)
                if end > before { self.tell(.skipped(before + 1...end)) }
            }
            if self.holes.needsLook { self.look(within: self.patience) }
        }
        jetStream.connection.looks.value.ask(jetStream, stream, within: delay, asker)
    }
}

extension NATSStreamInfo {
    /// How long a look at the stream may wait: a fraction of the time that a message stays, as far as can be seen.
    var patience: TimeAmount {
        guard let firstTime, let lastTime else { return .milliseconds(2) }
        return .nanoseconds(min(max(2_000_000, (lastTime.nanoseconds - firstTime.nanoseconds) / 4), 1_000_000_000))
    }
}

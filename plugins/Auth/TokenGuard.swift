package import PluginKit

/// `auth.jwt`: lets in who has a token that one of the keys has signed.
package final class TokenGuard: Middleware {
    private let carriers: [TokenCarrier]
    private let isOptional: Bool
    private let store: KeyStore
    private let check: TokenCheck

    package init(carriers: [TokenCarrier], isOptional: Bool, store: KeyStore, check: TokenCheck) {
        self.carriers = carriers
        self.isOptional = isOptional
        self.store = store
        self.check = check
    }

    package func start() async throws { await store.start() }
    package func stop() async { store.stop() }

    package func before(_ request: inout Request) -> Passage {
        let found: (carrier: TokenCarrier, text: String)?
        do throws(TokenRefusal) {
            found = try token(in: request)
        } catch {
            return .answer(error.response(to: request))
        }
        guard let (carrier, text) = found else {
            return isOptional ? .next : .answer(TokenRefusal.missing.response(to: request))
        }
        carrier.removeToken(from: &request)
        let pending = PendingPassage()
        let decision = decide(text) { [request] decision in
            switch decision {
            case .success(let grant): pending.complete(.next(self.admitted(request, grant)))
            case .failure(let refusal): pending.complete(.answer(refusal.response(to: request)))
            }
        }
        switch decision {
        case .success(let grant)?:
            request = admitted(request, grant)
            return .next
        case .failure(let refusal)?: return .answer(refusal.response(to: request))
        case nil: return .pending(pending)
        }
    }

    /// In the order of the settings.
    private func token(in request: Request) throws(TokenRefusal) -> (carrier: TokenCarrier, text: String)? {
        for carrier in carriers {
            if let text = try carrier.token(in: request) { return (carrier, text) }
        }
        return nil
    }

    /// What becomes of a token; nil if `later` will be told, because the keys are read anew first.
    private func decide(
        _ text: String, later: @escaping @Sendable (Result<Grant, TokenRefusal>) -> Void
    ) -> Result<Grant, TokenRefusal>? {
        guard let token = CompactToken(text) else { return .failure(.malformed) }
        let decision = decide(token)
        guard case .failure(.unknownKey) = decision else { return decision }
        let waits = store.readAgain { later(self.decide(token).orAway(self.store.isOutOfTouch)) }
        return waits ? nil : decision.orAway(store.isOutOfTouch)
    }

    private func decide(_ token: CompactToken) -> Result<Grant, TokenRefusal> {
        guard let keys = store.keys else { return .failure(.keysAway) }
        return Result { () throws(TokenRefusal) in try check.grant(token, keys: keys, now: WallClock.seconds()) }
    }

    private func admitted(_ request: Request, _ grant: Grant) -> Request {
        var request = request
        request.identity = identity(grant, request.identity)
        return request
    }

    /// With what an earlier guard found out. Who has no name cannot be told from others, so such a token is renewed by
    /// none.
    private func identity(_ grant: Grant, _ earlier: Identity?) -> Identity {
        let sum = grant.added(to: earlier)
        guard let subject = grant.subject else { return sum.identity() }
        return sum.identity { [self] text, answer in
            let decided: @Sendable (Result<Grant, TokenRefusal>) -> Void = { decision in
                switch decision {
                case .success(let newer) where newer.subject == subject:
                    answer(.success(self.identity(newer, earlier)))
                case .success: answer(.failure(RenewalRefused(reason: TokenRefusal.otherSubject.message)))
                case .failure(let refusal): answer(.failure(RenewalRefused(reason: refusal.message)))
                }
            }
            if let decision = decide(text, later: decided) { decided(decision) }
        }
    }
}

extension Result where Success == Grant, Failure == TokenRefusal {
    /// A key that is not known may be one that could not be read.
    fileprivate func orAway(_ isOutOfTouch: Bool) -> Self {
        if case .failure(.unknownKey) = self, isOutOfTouch { .failure(.keysAway) } else { self }
    }
}

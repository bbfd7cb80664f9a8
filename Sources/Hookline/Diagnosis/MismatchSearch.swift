import MicroHTTP
import OpenSSL
import TwilioSignature

/// The search for what Twilio signed, given what arrived: every single change first, then pairs,
/// then triples, in a fixed order, until one gives the signature or a bound is reached.
struct MismatchSearch {
    /// Keys of others that are combined with other changes.
    private static let combinedKeysMax = 16

    let subject: MismatchSubject
    let keys: CandidateKeys
    private(set) var trials: SignatureTrials

    /// An origin with the change that led to it; nil for what verification used.
    private typealias OriginForm = (change: OriginChange?, origin: SignedOrigin)
    private typealias BaseForm = (change: [UInt8]?, base: [UInt8])
    private typealias TargetForm = (change: TargetChange, target: [UInt8])

    private let usedOrigins: [OriginForm]
    private let origins: [OriginForm]
    private let knownOrigins: [OriginForm]
    private let nearOrigins: [OriginForm]
    private let usedBase: [BaseForm]
    private let bases: [BaseForm]
    private let usedTarget: [TargetForm]
    private let targets: [TargetForm]

    /// A search within the bounds of `trials`.
    init(_ subject: MismatchSubject, keys: CandidateKeys, trials: SignatureTrials) {
        self.subject = subject
        self.keys = keys
        self.trials = trials
        usedOrigins = OriginTrial.verified(subject.origins).map { (nil, $0) }
        let changed = OriginTrial.all(subject.origins)
        origins = changed.map { ($0.change, $0.origin) }
        let known = changed.filter { !$0.isGuess }
        knownOrigins = known.map { ($0.change, $0.origin) }
        nearOrigins = known.filter { $0.differences == 1 }.map { ($0.change, $0.origin) }
        usedBase = [(nil, subject.bases.used)]
        bases = BasePath.all(subject.bases).map { ($0, $0) }
        usedTarget = [(.none, subject.target)]
        targets = subject.changedTargets
    }

    /// Which of the parts are changed at once.
    private struct Step {
        enum Origins { case used, near, known, all }
        enum Keys { case own, others, few }

        var origins = Origins.used
        var bases = false
        var targets = false
        var bodies = false
        var keys = Keys.own
    }

    /// The order: nothing, one part, two, three. `known` origins are those that are no guesses,
    /// `near` ones differ in one of scheme, host and port; `few` are the first keys of others.
    private static let order: [Step] = [
        Step(),
        Step(origins: .all),
        Step(bases: true),
        Step(targets: true),
        Step(keys: .others),
        Step(bodies: true),
        Step(origins: .known, bases: true),
        Step(origins: .known, targets: true),
        Step(bases: true, targets: true),
        Step(origins: .known, keys: .few),
        Step(origins: .near, bodies: true),
        Step(origins: .known, bases: true, targets: true),
        Step(bases: true, keys: .few),
        Step(targets: true, keys: .few),
        Step(origins: .known, bases: true, keys: .few),
    ]

    /// What Twilio signed; nil when it was not found.
    mutating func run() -> MismatchFinding? {
        let bodies = subject.bodyChanges
        for step in Self.order {
            let origins =
                switch step.origins {
                case .used: usedOrigins
                case .near: nearOrigins
                case .known: knownOrigins
                case .all: self.origins
                }
            let found = find(
                origins, step.bases ? self.bases : usedBase,
                step.targets ? self.targets : usedTarget, step.bodies ? bodies : [.none],
                groups(step.keys))
            if let found { return found }
        }
        return nil
    }

    private func groups(_ keys: Step.Keys) -> [KeyGroup] {
        switch keys {
        case .own: return [KeyGroup(owner: .own, keys: self.keys.own)]
        case .others: return self.keys.others
        case .few:
            var room = Self.combinedKeysMax
            return self.keys.others.compactMap { group in
                defer { room -= group.keys.count }
                guard room > 0 else { return nil }
                return KeyGroup(owner: group.owner, keys: Array(group.keys.prefix(room)))
            }
        }
    }

    /// Tries one change that was found for another request.
    mutating func test(_ change: MismatchChange) -> MismatchFinding? {
        var origins = usedOrigins
        if let origin = change.origin {
            guard let applied = origin.applied(to: subject.origins) else { return nil }
            origins = [(origin, applied)]
        }
        let bases = change.base.map { [BaseForm($0, $0)] } ?? usedBase
        guard let target = subject.target(changed: change.target) else { return nil }
        return find(
            origins, bases, [(change.target, target)], [change.body],
            [KeyGroup(owner: change.owner, keys: keys.keys(of: change.owner))])
    }

    /// The first combination that proves the body too, or else the first that gives the signature.
    private mutating func find(
        _ origins: [OriginForm], _ bases: [BaseForm], _ targets: [TargetForm],
        _ bodies: [BodyChange], _ groups: [KeyGroup]
    ) -> MismatchFinding? {
        guard groups.contains(where: { !$0.keys.isEmpty }) else { return nil }
        var unproven: MismatchFinding?
        for body in bodies where !trials.isExhausted {
            if body != .none { trials.charge(bytes: subject.content.body.count) }
            guard let content = subject.content(changed: body),
                let found = find(origins, bases, targets, (body, content), groups)
            else { continue }
            let finding = covered(found)
            if finding.coverage == .whole { return finding }
            unproven = unproven ?? finding
        }
        return unproven
    }

    private mutating func find(
        _ origins: [OriginForm], _ bases: [BaseForm], _ targets: [TargetForm],
        _ body: (change: BodyChange, content: SignedContent), _ groups: [KeyGroup]
    ) -> MismatchFinding? {
        for origin in origins {
            let start = origin.origin.bytes
            for base in bases {
                for target in targets {
                    let message = start + base.base + target.target + body.content.suffix
                    for group in groups where trials.matches(message, keys: group.keys) {
                        let change = MismatchChange(
                            origin: origin.change, base: base.change, target: target.change,
                            body: body.change, owner: group.owner)
                        return MismatchFinding(
                            change: change, origin: origin.origin, base: base.base,
                            target: target.target, content: body.content)
                    }
                    if trials.isExhausted { return nil }
                }
            }
        }
        return nil
    }

    /// The signature covers URL and form; whether the body is right too, `bodySHA256` says.
    private mutating func covered(_ found: MismatchFinding) -> MismatchFinding {
        var finding = found
        guard !subject.isBodyless else { return finding }
        let claimed = SignedURL.queryValues(of: finding.target[...], named: "bodySHA256")
        guard !claimed.isEmpty else {
            finding.coverage = finding.content.isForm ? .whole : .missing
            return finding
        }
        let isRight = { (body: [UInt8]) in
            let digest = WebhookSignature.bodyDigest(body)
            return claimed.allSatisfy { ConstantTime.equal(digest, $0) }
        }
        trials.charge(bytes: finding.content.body.count)
        if isRight(finding.content.body) { return finding }
        finding.coverage = .wrong
        for change in BodyChange.ofBytes where !trials.isExhausted {
            trials.charge(bytes: 2 * finding.content.body.count)
            guard
                let content = finding.content.changed(change, parametersMax: subject.parametersMax),
                content.suffix == finding.content.suffix, isRight(content.body)
            else { continue }
            finding.content = content
            finding.change.body = change
            finding.coverage = .whole
            return finding
        }
        return finding
    }
}

/// What a search found.
struct MismatchFinding {
    /// How far the signature proves the body.
    enum Coverage { case whole, wrong, missing }

    /// What differs.
    var change: MismatchChange
    /// The origin that Twilio signed.
    var origin: SignedOrigin
    /// The base path that Twilio signed.
    var base: [UInt8]
    /// The target that Twilio signed.
    var target: [UInt8]
    /// The body that Twilio signed, unless `coverage` says otherwise.
    var content: SignedContent
    var coverage = Coverage.whole

    /// What it proves; nil when the body is not proven.
    var proof: SignatureProof? {
        guard coverage == .whole else { return nil }
        return SignatureProof(
            origin: origin.bytes + base, target: target, body: content.body,
            isForm: content.isForm, owner: change.owner)
    }
}

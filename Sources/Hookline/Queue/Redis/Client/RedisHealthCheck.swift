import Redis

/// One look at whether Redis is fit for use: a timed PING, its role, and what the link's user
/// wants to work besides. A connection alone proves nothing: a stopped Redis accepts it.
struct RedisHealthCheck {
    /// What one command of a check is for.
    enum Step {
        /// It must succeed: password, database, what the user asks for.
        case required
        /// It is of use if it succeeds.
        case optional
        case ping, role
    }

    /// True for the first one on a connection, which connects and signs in.
    let isGreeting: Bool
    /// When it began, by the monotonic clock.
    let startedNanoseconds: UInt64
    private(set) var commands: [(step: Step, command: RedisCommand)] = []
    private var answers = 0
    /// Why Redis is not fit for use; nil so far.
    private(set) var failure: RedisError?

    /// A check on a connection that stands.
    init(of options: RedisClient.Options, at now: UInt64) {
        isGreeting = false
        startedNanoseconds = now
        addChecks(options)
    }

    /// The first check on a new connection.
    init(greeting options: RedisClient.Options, at now: UInt64) {
        isGreeting = true
        startedNanoseconds = now
        if let credentials = options.credentials {
            commands.append((.required, credentials.command))
        }
        if options.url.database != 0 {
            commands.append((.required, RedisCommand("SELECT").with(options.url.database)))
        }
        commands.append((.optional, RedisCommand("CLIENT", "SETNAME", options.name)))
        commands += options.prepare.map { (.optional, $0) }
        addChecks(options)
    }

    /// True when every command was answered.
    var isComplete: Bool { answers == commands.count }

    /// Judges the answer to the next command.
    mutating func judge(_ reply: RedisReply, _ step: Step) {
        answers += 1
        guard failure == nil else { return }
        switch step {
        case .optional: break
        case .required: failure = reply.firstError.map { .refused($0) }
        case .ping:
            if let error = reply.firstError {
                failure = .refused(error)
            } else if reply != .status("PONG") {
                failure = .garbled("PING was answered by something else")
            }
        case .role: failure = Self.judgeRole(reply)
        }
    }

    private mutating func addChecks(_ options: RedisClient.Options) {
        commands.append((.ping, RedisCommand("PING")))
        commands.append((.role, RedisCommand("ROLE")))
        commands += options.probe.map { (.required, $0) }
    }

    /// A user who may not ask, and a server that does not know the question, are no replicas as
    /// far as can be known: a replica would say so at the first write.
    private static func judgeRole(_ reply: RedisReply) -> RedisError? {
        if let error = reply.firstError {
            return error.kind == .permission || error.kind == .other ? nil : .refused(error)
        }
        return reply.elements?.first?.text == "master" ? nil : .notMaster
    }
}

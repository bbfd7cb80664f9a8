import Redis

extension Setting {
    /// Where Redis is, and who asks.
    static let redis: [Setting] = [
        Setting(
            "redis", valueName: "URL",
            "Redis of the validation cache and of the shared queue: `redis://host:port/db`, "
                + "`redis+sentinel://host:port,host:port/name/db` or `unix:///path`. Put a "
                + "password into the URL of the variable, into `HOOKLINE_REDIS_PASSWORD` or into "
                + "`redis-password-file`, never into the flag.",
            environment: "HOOKLINE_REDIS_URL"
        ) { configuration, text throws(SettingProblem) in
            do throws(RedisURL.Fault) {
                configuration.redis = try RedisURL(text)
            } catch {
                throw SettingProblem("cannot be used: \(error.rawValue)")
            }
        } show: {
            $0.redis.map { "\($0)" } ?? ""
        },
        Setting(
            "redis-user", valueName: "NAME",
            "User in Redis's access lists (ACL). Without it the default user."
        ) { configuration, text throws(SettingProblem) in
            guard !text.isEmpty else { throw SettingProblem("the name is empty") }
            configuration.redisUser = text
        } show: {
            $0.redisUser ?? ""
        },
        .path(
            "redis-password-file", \.redisPasswordFile,
            "File with Redis's password. A line end after the password does not count."),
    ]

    /// How long Redis is waited for.
    static let redisTuning: [Setting] = [
        .number(
            "redis-replicas", \.redisReplicas, 0...16,
            "Replicas that must confirm a message (`WAIT`) before it counts as stored in Redis. "
                + "With the number of all replicas a failover loses nothing. A message that too "
                + "few confirm is kept in the data folder too."),
        .duration(
            "redis-timeout", \.redisTimeout, .milliseconds(1)...(.seconds(1)),
            "Longest wait for an operation of the validation cache in Redis; a later answer does "
                + "not count."),
        .duration(
            "redis-queue-timeout", \.redisQueueTimeout, .milliseconds(10)...(.seconds(5)),
            "Longest wait until the queue in Redis confirms a message. Then the message goes to "
                + "the data folder. At most a quarter of `response-deadline`."),
    ]
}

extension ConfigurationLoader {
    /// What the keys of Redis say together.
    mutating func checkRedis() {
        let settings = configuration
        if settings.tokensRedisHash != nil && !settings.tokensCommand.isEmpty {
            fault(
                "tokens-redis-hash", sources["tokens-redis-hash"],
                "contradicts tokens-command; one source is asked for tokens")
        }
        guard let redis = settings.redis else { return checkWithoutRedis() }
        if redis.credentials != nil, case .flag = sources["redis"] {
            fault(
                "redis", sources["redis"],
                "holds credentials, which every user of the machine can read there; put the URL "
                    + "into HOOKLINE_REDIS_URL, or the password into "
                    + "\(Self.redisPasswordVariable) or redis-password-file")
        }
        let passwords = [
            redis.credentials == nil ? nil : "the URL",
            settings.redisPassword == nil ? nil : Self.redisPasswordVariable,
            settings.redisPasswordFile == nil ? nil : "redis-password-file",
        ].compactMap(\.self)
        if passwords.count > 1 {
            fault(
                "redis", sources["redis"],
                "has more than one password: \(passwords.joined(separator: " and "))")
        }
        if passwords.isEmpty && settings.redisUser != nil {
            fault("redis-user", sources["redis-user"], "has no password")
        }
        if redis.credentials != nil && settings.redisUser != nil {
            fault("redis-user", sources["redis-user"], "contradicts the user in the URL")
        }
        if settings.queue == .redis,
            settings.redisQueueTimeout * 4 > settings.responseDeadline
        {
            fault(
                "redis-queue-timeout", sources["redis-queue-timeout"],
                "\(DurationText.text(settings.redisQueueTimeout)) is above a quarter of "
                    + "response-deadline (\(DurationText.text(settings.responseDeadline))), which "
                    + "leaves too little to the spool and to immediate processing")
        }
    }

    private mutating func checkWithoutRedis() {
        // A URL that cannot be read was reported.
        guard sources["redis"] == nil else { return }
        if configuration.queue == .redis {
            fault("queue", sources["queue"], "is redis, but there is no Redis: set redis")
        }
        if configuration.tokensRedisHash != nil {
            fault(
                "tokens-redis-hash", sources["tokens-redis-hash"],
                "is set, but there is no Redis: set redis")
        }
        if configuration.validationCache == .redis {
            fault(
                "validation-cache", sources["validation-cache"],
                "is redis, but there is no Redis: set redis")
        }
    }
}

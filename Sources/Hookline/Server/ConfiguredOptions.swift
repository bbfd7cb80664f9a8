import MicroHTTP
import POSIX

/// What each part takes from the configuration, in one place.
extension Configuration {
    /// Thresholds and budgets in seconds: bounds of the latency histograms, so that a rule can
    /// compare with them exactly.
    var latencyMarks: [Double] {
        [
            validationBudget, acknowledgementBudget, responseDeadline, alertWarning, alertCritical,
            latencyObjectiveThreshold,
        ].map(\.seconds)
    }

    /// The thresholds of the response time.
    var alertNanoseconds: (warning: UInt64, critical: UInt64) {
        (alertWarning.nanoseconds, alertCritical.nanoseconds)
    }

    /// The log's format: as configured, else text on a terminal.
    var logFormatInForce: LogFormat {
        logFormat ?? (Descriptor.isTerminal(Descriptor.standardError) ? .text : .json)
    }
}

extension Budgets {
    init(_ configuration: Configuration) {
        validationNanoseconds = configuration.validationBudget.nanoseconds
        acknowledgementNanoseconds = configuration.acknowledgementBudget.nanoseconds
        responseNanoseconds = configuration.responseDeadline.nanoseconds
    }
}

extension Monitor.Options {
    init(_ configuration: Configuration) {
        windowNanoseconds = configuration.monitorWindow.nanoseconds
        warningSeconds = configuration.alertWarning.seconds
        criticalSeconds = configuration.alertCritical.seconds
        validationFailureRatio = configuration.alertValidationFailures
    }
}

extension CommitFallback.Options {
    /// Half of the response deadline is the store's, up to 95 % of it the application's; the
    /// rest is for the answer itself.
    init(_ configuration: Configuration) {
        let deadline = configuration.responseDeadline.nanoseconds
        storeNanoseconds = deadline / 2
        immediateNanoseconds = deadline / 20 * 19
        immediateConcurrencyMax = configuration.immediateConcurrencyMax
        waitingMax = configuration.connectionsMax
        repliesBeforeCommit = configuration.control == .replyBeforeCommit
    }
}

extension SQLiteQueue.Options {
    init(_ configuration: Configuration, _ paths: DataFolderPaths) {
        let room = DiskRoom(diskBytes: Folder.totalBytes(paths.folder))
        path = paths.database
        ballast = SQLiteQueue.BallastOptions(
            folder: paths.folder, path: paths.ballast, room: room)
        batchRowsMax = configuration.batchRowsMax
        waitingMax = configuration.connectionsMax
        owedMax = configuration.queueRowsMax
        checkpointBytes = room.logBytes
        unverifiedMax = UnverifiedRows.Size(
            rows: configuration.unverifiedRowsMax, bytes: configuration.unverifiedBytesMax)
        dedupeRetentionMilliseconds = configuration.dedupeRetention.milliseconds
        repeatMilliseconds = configuration.dedupeUnknownRetention.milliseconds
        deadLetters = DeadLetterLimits(configuration)
        identityBytesMax = configuration.dedupeMemoryMax
        destinations = configuration.destinationList
        synchronousOff = configuration.control == .synchronousOff
    }
}

extension DeadLetterLimits {
    init(_ configuration: Configuration) {
        rowsMax = configuration.deadLettersMax
        retentionMilliseconds = configuration.deadLetterRetention.milliseconds
    }
}

extension Readiness {
    init(_ configuration: Configuration, _ back: ReceiverServices) {
        let tokens = back.validation.verifier.tokens
        let policy = configuration.signatureTimeoutPolicy
        let status = back.store.status
        let rowsMax = configuration.unverifiedRowsMax
        let owedMax = Int64(configuration.queueRowsMax)
        store = back.store
        fallback = back.fallback
        if let queue = back.redis.queue {
            sharedTakes = {
                queue.isReady && queue.isReplicated && (queue.status?.owed ?? 0) < owedMax
            }
        }
        validationCause = {
            guard tokens.isSourceFailingWithNothingKnown else { return nil }
            switch policy {
            case .reject: return .tokenSource
            case .defer: return (status.unverified ?? 0) < rowsMax ? nil : .unverifiedFull
            case .allow: return nil
            }
        }
        commitNanosecondsMax = configuration.responseDeadline.nanoseconds / 2
    }
}

extension WebhookEndpoint.Options {
    init(_ configuration: Configuration) {
        routes = RouteTable(configuration.routes)
        origin = RequestOrigin(configuration)
        signatureNanoseconds = configuration.signatureTimeout.nanoseconds
        signatureTimeoutPolicy = configuration.signatureTimeoutPolicy
        servesOperations = configuration.opsListen == nil
        validationDelayNanoseconds = configuration.control == .slowValidation ? 150_000_000 : 0
    }
}

extension Tokens {
    convenience init(_ configuration: Configuration, _ table: TokenTable) {
        var options = Options()
        options.freshNanoseconds = configuration.tokensCommandTTL.nanoseconds
        self.init(table, hasSource: configuration.hasTokenSource, options: options)
    }
}

extension ExplanationWorker.Options {
    init(_ configuration: Configuration) {
        self.init(searchesPerSecond: configuration.explanationsPerSecond)
    }
}

extension ValidationCache {
    convenience init(_ configuration: Configuration) {
        self.init(
            entriesMax: configuration.validationCacheInForce == .off
                ? 0 : configuration.validationCacheEntriesMax,
            liveNanoseconds: configuration.validationCacheTTL.nanoseconds)
    }
}

extension TokenFetcher.Options {
    init(_ configuration: Configuration) {
        self.init(
            concurrency: configuration.tokensCommandConcurrency,
            timeoutNanoseconds: configuration.tokensCommandTimeout.nanoseconds)
    }
}

extension Quarantine.Options {
    init(_ configuration: Configuration, folder: String) {
        rowsMax = configuration.quarantineRowsMax
        bytesMax = configuration.quarantineBytesMax
        retentionMilliseconds = configuration.quarantineRetention.milliseconds
        self.folder = folder
    }
}

extension EventLoopOptions {
    init(_ configuration: Configuration) {
        self.init(
            number: 0,
            connectionsMax: max(1, configuration.connectionsMax / configuration.threads),
            headerBytesMax: configuration.headerBytesMax,
            bodyBytesMax: configuration.bodyBytesMax,
            headerTimeoutNanoseconds: configuration.headerTimeout.nanoseconds,
            bodyTimeoutNanoseconds: configuration.bodyTimeout.nanoseconds,
            idleTimeoutNanoseconds: configuration.idleTimeout.nanoseconds)
    }
}

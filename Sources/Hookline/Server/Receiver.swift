import MicroHTTP
import POSIX
import Prometheus

/// Builds everything, owns every lifetime: the whole wiring on one page.
///
/// What is in scope in `run` is what is running. Order: folder and lock, tokens, store, sockets,
/// forwarding, loops; a fault before the last step leaves nothing behind.
public struct Receiver: Sendable {
    private let configuration: Configuration

    /// A receiver for a validated configuration.
    public init(_ configuration: Configuration) {
        self.configuration = configuration
    }

    /// Serves until SIGTERM or SIGINT, or until the store fails. Call it on the main thread.
    ///
    /// Returns the exit status: 0 after a graceful stop, 1 when the store had failed.
    public func run() throws(StartupError) -> Int32 {
        Signals.block()
        ProcessProtection.restrictNewFiles()
        let log = Log(format: configuration.logFormatInForce, level: configuration.logLevel)
        try StartupError.starting { () throws(POSIXError) in try log.start() }
        defer { log.stop() }
        try raiseDescriptorLimit()
        let folder = try DataFolder(path: configuration.dataDirectory)
        ProtectionNotice(folder.repairs, configuration).write(to: log)
        let loader = TokenLoader(configuration, folder.paths)
        let tokens = Tokens(configuration, try loader.load())
        let metrics = ReceiverMetrics(
            eventLoops: configuration.threads + 1, thresholdSeconds: configuration.latencyMarks,
            options: RegistryOptions(configuration), alerts: configuration.alertNanoseconds)

        let failure = StoreFailureStop(log: log)
        let back = try ReceiverServices(
            configuration, folder.paths, loader, tokens, metrics, log,
            onBroken: { failure.report($0) }, onGone: { failure.reportGone() })
        let sockets = try ListenerSockets(configuration)
        try back.startStore()
        let health = Health()
        let operations = OpsEndpoint(
            metrics: MetricsEndpoint(configuration, metrics, log), health: health,
            status: StatusEndpoint(
                registry: metrics.registry, monitor: back.monitor, health: health),
            hosts: OpsHosts(configuration), log: log)
        let unavailable = UnavailableNotice(metrics: metrics, log: log)
        let endpoint = WebhookEndpoint(
            WebhookEndpoint.Options(configuration),
            WebhookEndpoint.Parts(
                verifier: back.validation.verifier, waits: back.validation.waits,
                fetcher: back.validation.fetcher, fallback: back.fallback,
                shared: back.redis.validations, refusals: back.validation.refusals,
                clients: back.validation.clients, known: back.validation.known,
                voiceHangup: .voiceHangup(metrics, log), loops: LoopNotice(back.marks, log: log),
                operations: operations),
            contexts: (0..<configuration.threads).map { _ in
                ReplyContext(
                    metrics: metrics, log: log, requestIDs: RequestIDs(), traces: TraceIDs(),
                    cache: back.validation.cache, shared: back.redis.validations,
                    budgets: Budgets(configuration), unavailable: unavailable)
            })
        let listeners = try sockets.serve(configuration, endpoint, operations)
        back.outbox.serve(listeners.webhooks.loops)
        declareGauges(metrics, back, listeners, folder.paths, log)
        health.watch(
            loops: listeners.allLoops, store: back.store.status,
            readiness: Readiness(configuration, back))
        back.watch(ReadinessWatch(health, log: log))
        ReceiverGauges.declare(in: metrics.registry, health: health)
        try back.validation.start()
        try back.startForwarding()
        StartupNotice(configuration, listeners, folder.paths).write(to: log)
        SettingAdvice(configuration).write(to: log)
        if let control = configuration.control {
            log.write(
                LogLine(.critical, "an invariant is broken on purpose")
                    .with("control", control.rawValue))
        }

        let supervisor = Supervisor(health: health)
        try supervisor.ready()
        while Signals.wait() == .reload {
            back.validation.reload()
        }
        GracefulStop(
            configuration: configuration, log: log, supervisor: supervisor, health: health,
            listeners: listeners, back: back
        ).run()
        return failure.hasFailed ? 1 : 0
    }

    private func declareGauges(
        _ metrics: ReceiverMetrics, _ back: ReceiverServices, _ listeners: Listeners,
        _ paths: DataFolderPaths, _ log: Log
    ) {
        let registry = metrics.registry
        ReceiverGauges.declare(in: registry, store: back.store.status, paths: paths, log: log)
        StoreGauges(report: back.report, status: back.store.status, clock: back.clock)
            .declare(in: registry)
        QueueGauges(
            store: back.store.status, clock: back.clock,
            configured: configuration.destinations.map(\.name.code),
            shared: back.redis.readStatus,
            draining: { [spool = back.redis.spool] in spool?.oldestMilliseconds($0) }
        ).declare(in: registry)
        ReceiverGauges.declare(in: registry, quarantine: back.quarantine.status)
        ReceiverGauges.declare(in: registry, loops: listeners.webhooks.loops)
        ReceiverGauges.declareThresholds(in: registry, configuration: configuration)
        ReceiverGauges.declareObjectives(in: registry, configuration: configuration)
        ReceiverGauges.declare(in: registry, monitor: back.monitor)
        ReceiverGauges.declare(
            in: registry, load: ReceiverLoad(configuration, back, listeners.webhooks.loops))
        ReceiverGauges.declareProcess(in: registry)
    }

    /// Every connection is a descriptor; libmicrohttpd stops accepting when they run out.
    private func raiseDescriptorLimit() throws(StartupError) {
        let needed = UInt64(configuration.connectionsMax + configuration.attemptsMax + 256)
        let limit = ProcessLimits.raiseOpenFiles(to: needed)
        guard limit >= needed else {
            throw .resources(
                "--connections-max: \(configuration.connectionsMax) connections need "
                    + "\(needed) open files, the limit is \(limit); raise it (ulimit -n) or "
                    + "lower --connections-max")
        }
    }
}

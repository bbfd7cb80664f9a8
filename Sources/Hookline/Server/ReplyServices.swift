import TwilioAPI

extension ReplyApplication {
    /// Nil when TwiML is ignored.
    init?(
        _ destination: HTTPDestination, _ configuration: Configuration, _ metrics: ReplyMetrics,
        _ notices: ReplyNotices
    ) {
        guard configuration.twimlReplies == .relay else { return nil }
        self.init(
            destination: destination,
            recorder: ReplyRecorder(
                planner: ReplyPlanner(
                    application: destination.url.appending([]),
                    parametersMax: configuration.parametersMax), metrics: metrics, notices: notices)
        )
    }
}

extension ReplySender {
    /// A sender of the configuration. In development mode nothing leaves the machine, unless a
    /// server is named in place of Twilio's.
    convenience init(
        _ configuration: Configuration, store: SQLiteQueue, applications: [ReplyApplication],
        metrics: ReplyMetrics, log: Log
    ) throws(StartupError) {
        let accounts = try ReplyAccounts(configuration)
        guard let address = configuration.twilioAddress else {
            throw .tokens("--twilio-api: is no server that can be asked")
        }
        var api = APIOptions(
            address: address, credentials: APICredentials(user: "", password: []))
        api.userAgent = "Hookline/\(Version.current)"
        api.observer = metrics
        var options = Options(
            api: api, windowMilliseconds: configuration.retryWindow.milliseconds)
        options.lookMilliseconds = configuration.replyLook.milliseconds
        options.printsOnly = configuration.development && configuration.twilio.url == nil
        let documents = ReplyDocuments(applications: applications)
        self.init(
            options: options, desk: store,
            judge: ReplyJudge(
                options: options, clock: store.clock, metrics: metrics, documents: documents,
                log: log, notices: ReplyNotices(log)),
            accounts: accounts, documents: documents, log: log)
    }
}

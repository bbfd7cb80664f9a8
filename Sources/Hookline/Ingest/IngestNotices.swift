extension Notice {
    /// Requests of Twilio Voice that want TwiML: the empty `<Response/>` that they are answered
    /// with ends the call.
    static func voiceHangup(_ metrics: ReceiverMetrics, _ log: Log) -> Notice {
        Notice(
            log, counter: metrics.voiceHangups,
            "Twilio Voice asked what to do with a call, and the answer, an empty Response, ends "
                + "it: enter your application's own URL in Twilio as the webhook for calls, and "
                + "Hookline's only for status callbacks")
    }

    /// Requests whose first line and header are too long. libmicrohttpd answers before anybody can
    /// see whose request it is.
    static func longHead(_ log: Log) -> Notice {
        Notice(
            log,
            "a request was refused because its first line and header are longer than "
                + "--header-bytes-max; it is not kept: if it is a GET of Twilio's, choose POST in "
                + "Twilio's console, or raise --header-bytes-max")
    }

    /// Signed requests with more parameters than `--parameters-max`; they are kept.
    static func manyParameters(_ log: Log) -> Notice {
        Notice(
            log,
            "a request with a Twilio signature has more parameters than --parameters-max; it is "
                + "kept: raise --parameters-max, then hookline queue release")
    }

    /// Signed requests with a body above `--body-bytes-max`. Nobody has read or verified them, so
    /// they are not kept.
    static func largeBody(_ log: Log) -> Notice {
        Notice(
            log,
            "a request with a Twilio signature has a body above --body-bytes-max; it was refused "
                + "with 413 and is not kept: raise --body-bytes-max if it is Twilio's")
    }
}

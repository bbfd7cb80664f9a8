import MicroHTTP

/// Reads a webhook out of a request whose signature was not checked: only for one that an
/// operator releases by force, having typed its id.
enum UnverifiedWebhook {
    /// The webhook; nil when the request has no origin, or its form cannot be read.
    static func webhook(
        _ request: HTTPRequest, origin: RequestOrigin, parametersMax: Int
    ) -> Webhook? {
        do {
            let isJSON = MediaType(request.fields.first("content-type")) == .json
            let parameters =
                isJSON
                ? nil : try FormParameters(parsing: request.body, parametersMax: parametersMax)
            return WebhookReader.webhook(
                request, origin: try origin.origin(of: request), parameters: parameters,
                signature: request.fields.first("x-twilio-signature") ?? [])
        } catch {
            return nil
        }
    }
}

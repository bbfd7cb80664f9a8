/// Looks at the URLs of one thing at Twilio: a number, a service or a sender.
///
/// Straight lines: what is entered comes in, findings go out. How a property is called at Twilio is
/// the caller's.
struct WebhookExam {
    let expected: ExpectedWebhooks
    /// What messages have to go to.
    let messageURL: String
    let target: TwilioChange.Target
    /// The names of the properties.
    let names: Names

    /// How Twilio calls them for this kind of thing.
    struct Names {
        var url: String
        var method: String
        var fallback: String
        var status: String
        var statusMethod: String?
    }

    /// What is entered.
    struct Entered {
        var url: String?
        var method: String
        var fallback: String?
        var status: String?
        var statusMethod: String?
    }

    /// The findings; `isWanted` says that it has to lead here, whatever is entered.
    func findings(_ entered: Entered, isWanted: Bool) -> [Finding] {
        let place = expected.place(of: entered.url)
        if !isWanted {
            switch place {
            case .none: return [.note("no URL is called for messages")]
            case .elsewhere(let host):
                return [.note("messages go to \(host), not to this Hookline")]
            default: break
            }
        }
        return [message(entered.url, place)] + method(entered) + fallback(entered.fallback)
            + status(entered)
    }

    private func message(_ url: String?, _ place: WebhookPlace) -> Finding {
        func wrong(_ mistake: Mistake, _ sentence: String) -> Finding {
            .wrong(mistake, sentence, paste: messageURL, change: change(names.url, messageURL))
        }
        switch place {
        case .none: return wrong(.elsewhere, "no URL is called for messages: enter this one")
        case .elsewhere(let host):
            return wrong(.elsewhere, "messages go to \(host): enter this URL instead")
        case .tunnel(let host):
            return wrong(
                .tunnel, "messages go to the tunnel \(host), not here: enter this URL instead")
        case .otherOrigin:
            return wrong(
                .origin,
                "messages go to this host with another scheme or port than --public-url has, so no "
                    + "signature matches: enter this URL instead")
        case .otherPath(let path):
            return wrong(
                .path,
                "messages go to \(path), which is no route here and is refused: enter this URL")
        case .unreadable: return wrong(.url, "what is entered is no URL: enter this one")
        case .here(let path):
            if ExpectedWebhooks.isForStatus(path) {
                return wrong(
                    .path, "messages go to the path of status callbacks: enter this URL instead")
            }
            return overrides(of: url ?? "", wrong)
        }
    }

    private func overrides(
        of url: String, _ wrong: (Mistake, String) -> Finding
    ) -> Finding {
        switch ConnectionOverrides.fault(of: url) {
        case nil: .right("messages go to \(url)")
        case .noRetry:
            wrong(
                .retries,
                "Twilio does not try again when Hookline answers an error or nothing: enter this "
                    + "URL, whose end makes it try three times")
        case .invalid(let part):
            wrong(
                .overrides, "Twilio does not know \"\(part)\" behind the #: enter this URL instead")
        }
    }

    private func method(_ entered: Entered) -> [Finding] {
        guard entered.method.uppercased() != "POST" else { return [] }
        return [
            .wrong(
                .method,
                "Twilio calls with \(entered.method), which puts messages into the logs of proxies "
                    + "and cuts long ones: choose POST", change: change(names.method, "POST"))
        ]
    }

    private func fallback(_ url: String?) -> [Finding] {
        let change = change(names.fallback, messageURL)
        switch expected.place(of: url) {
        case .none:
            return [
                .wrong(
                    .fallbackMissing,
                    "there is no fallback URL, so a message is lost when the first call fails: "
                        + "enter this URL, or that of another machine", paste: messageURL,
                    change: change)
            ]
        case .here, .elsewhere: return [.right("the fallback is \(url ?? "")")]
        case .tunnel(let host):
            return [
                .wrong(
                    .fallback, "the fallback is the tunnel \(host): enter this URL instead",
                    paste: messageURL, change: change)
            ]
        case .otherOrigin, .otherPath, .unreadable:
            return [
                .wrong(
                    .fallback,
                    "the fallback URL is not one of this Hookline: enter this URL instead",
                    paste: messageURL, change: change)
            ]
        }
    }

    private func status(_ entered: Entered) -> [Finding] {
        guard !names.status.isEmpty else { return [] }
        func wrong(_ sentence: String) -> [Finding] {
            [
                .wrong(
                    .statusCallback, sentence, paste: expected.status,
                    change: change(names.status, expected.status))
            ]
        }
        switch expected.place(of: entered.status) {
        case .none: return []
        case .elsewhere(let host): return [.note("status callbacks go to \(host)")]
        case .here(let path) where !ExpectedWebhooks.isForMessages(path):
            return [.right("status callbacks go to \(entered.status ?? "")")]
        case .here(let path):
            return wrong(
                "status callbacks go to \(path), a path of messages: enter this URL instead")
        case .tunnel(let host):
            return wrong("status callbacks go to the tunnel \(host): enter this URL instead")
        case .otherPath(let path):
            return wrong("status callbacks go to \(path), which is no route here: enter this URL")
        case .otherOrigin, .unreadable:
            return wrong("the URL of status callbacks is not one of this Hookline: enter this one")
        }
    }

    private func change(_ name: String, _ value: String) -> TwilioChange {
        TwilioChange(target: target, values: [name: value])
    }
}

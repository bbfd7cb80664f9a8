import TestSupport
import Testing

@testable import TwilioAPI

/// A client against the stand-in, over a real connection.
@Suite(.timeLimit(.minutes(20))) struct APIClientTests {
    private func send(_ options: APIOptions) -> Result<MessageResource?, APIFault> {
        do throws(APIFault) {
            var client = try APIClient(options)
            return .success(MessageResource(try client.ask(.send(.sample))))
        } catch {
            return .failure(error)
        }
    }

    private func numbers(_ options: APIOptions) throws(APIFault) -> [JSON] {
        var client = try APIClient(options)
        return try client.list(.phoneNumbers(account: TwilioStandIn.account)).rows
    }

    @Test func `a message is sent with everything that it has`() throws {
        let twilio = try TwilioStandIn()
        var message = MessageRequest.sample
        message.to = "whatsapp:+15550101"
        message.messagingServiceSID = "MG1"
        message.mediaURLs = ["https://a.example/1?a=b&c=d", "https://a.example/2"]
        message.statusCallback = "https://a.example/s"
        message.body = "Grüße + 100 % 😀\n=&"
        var client = try APIClient(try twilio.options())
        let answer = try client.ask(.send(message))
        let sent = try #require(MessageResource(answer))
        #expect(sent.status == "queued" && sent.sid.hasPrefix("SM"))
        #expect(sent.createdMilliseconds != nil)
        #expect(
            twilio.sent == [
                [
                    "To": message.to, "From": "+15550100", "MessagingServiceSid": "MG1",
                    "Body": message.body, "StatusCallback": "https://a.example/s",
                    "MediaUrl": "https://a.example/1?a=b&c=d https://a.example/2",
                ]
            ])
    }

    @Test(arguments: [21610, 63016])
    func `a refusal has Twilio's code and words, and is not tried again`(code: Int) throws {
        let twilio = try TwilioStandIn()
        twilio.fail("POST", [.refused(status: 400, code: code, message: "Attempt to send …")])
        let refusal = APIRefusal(status: 400, code: code, message: "Attempt to send …")
        #expect(send(try twilio.options()) == .failure(.refused(refusal)))
        #expect(twilio.with { $0.requests.count } == 1)
        #expect("\(refusal)" == "Twilio answers 400, code \(code): Attempt to send …")
    }

    @Test func `wrong credentials and a thing that is not there are refusals`() throws {
        let twilio = try TwilioStandIn()
        let heard = HeardAttempts()
        let refusal = APIRefusal(status: 401, code: 20003, message: "Authenticate")
        #expect(
            send(try twilio.options(token: "wrong", observer: heard)) == .failure(.refused(refusal))
        )
        #expect(refusal.isAboutCaller && heard.results == [.unauthorized])
        #expect(throws: APIFault.self) {
            var client = try APIClient(try twilio.options())
            _ = try client.ask(.account("AC404"))
        }
    }

    @Test func `a 429 is tried again, also for a message, and not before Retry-After`() throws {
        let twilio = try TwilioStandIn()
        twilio.fail("POST", [.throttled(retryAfterSeconds: nil), .throttled(retryAfterSeconds: 1)])
        let heard = HeardAttempts()
        let start = ContinuousClock.now
        #expect(try send(try twilio.options(observer: heard)).get()?.status == "queued")
        #expect(ContinuousClock.now - start >= .seconds(1))
        #expect(heard.results == [.throttled, .throttled, .success])
        #expect(twilio.sent.count == 1)
        twilio.fail("POST", Array(repeating: .throttled(retryAfterSeconds: nil), count: 5))
        #expect(send(try twilio.options()) == .failure(.throttled))
        #expect(twilio.sent.count == 1)
    }

    @Test func `a list is asked again after any failure`() throws {
        let twilio = try TwilioStandIn()
        twilio.with { _ = $0.rows.addNumber("+15550100") }
        let heard = HeardAttempts()
        twilio.fail("GET", [.close(isDone: false), .serverError(isDone: false)])
        #expect(try numbers(try twilio.options(observer: heard)).count == 1)
        #expect(heard.results == [.unreachable, .serverError, .success])
        twilio.fail("GET", [.hang(isDone: false)])
        var options = try twilio.options(observer: heard)
        options.attemptMillisecondsMax = 200
        #expect(try numbers(options).count == 1)
        #expect(heard.results.suffix(2) == [.timeout, .success])
        twilio.fail("GET", Array(repeating: .serverError(isDone: false), count: 5))
        #expect(throws: APIFault.unavailable("it answers 500")) { try numbers(options) }
        twilio.fail("GET", [.garbage("{"), .garbage("{}")])
        #expect(throws: APIFault.malformed("it is not JSON")) { try numbers(options) }
        #expect(throws: APIFault.malformed("it has no list incoming_phone_numbers")) {
            try numbers(options)
        }
    }

    @Test(arguments: [
        TwilioStandIn.Fault.serverError(isDone: true), .serverError(isDone: false),
        .close(isDone: true), .close(isDone: false), .garbage("<html>"),
    ])
    func `a message that may have been sent is not sent again`(fault: TwilioStandIn.Fault) throws {
        let twilio = try TwilioStandIn()
        twilio.fail("POST", [fault])
        guard case .failure(.unknown) = send(try twilio.options()) else {
            Issue.record("\(fault)")
            return
        }
        #expect(twilio.with { $0.requests.count } == 1)
    }

    @Test func `a kept connection that breaks does not send a message twice`() throws {
        let twilio = try TwilioStandIn()
        var client = try APIClient(try twilio.options())
        _ = try client.ask(.account(TwilioStandIn.account))
        twilio.fail("POST", [.close(isDone: true), .close(isDone: true)])
        do throws(APIFault) {
            _ = try client.ask(.send(.sample))
            Issue.record("there was no answer")
        } catch {
            #expect(error.isUnknown)
        }
        #expect(twilio.sent.count == 1)
    }

    @Test func `a message without an answer in time may have been sent`() throws {
        let twilio = try TwilioStandIn()
        twilio.fail("POST", [.hang(isDone: true)])
        var options = try twilio.options()
        options.attemptMillisecondsMax = 200
        guard case .failure(.unknown) = send(options) else { throw APIFault.throttled }
        #expect(twilio.sent.count == 1)
    }

    @Test func `a message that could not leave is tried again and then unavailable`() throws {
        let twilio = try TwilioStandIn()
        var options = try twilio.options()
        let port = try LoopbackSocket.closedPort()
        options.address = try #require(APIAddress(url: "http://127.0.0.1:\(port)"))
        let heard = HeardAttempts()
        options.observer = heard
        guard case .failure(.unavailable) = send(options) else { throw APIFault.throttled }
        #expect(heard.results == Array(repeating: .unreachable, count: 5))
    }

    @Test func `a redirect is not followed, with or without the credentials`() throws {
        let twilio = try TwilioStandIn()
        let other = try TwilioStandIn()
        twilio.fail("POST", [.redirect(to: other.url + "/x")])
        guard case .failure(.refused(let refusal)) = send(try twilio.options()) else {
            throw APIFault.throttled
        }
        #expect(refusal.status == 307)
        #expect(refusal.description.contains("not followed"))
        #expect(other.with { $0.requests } == [])
    }

    @Test func `an API key asks for its account`() throws {
        let twilio = try TwilioStandIn()
        twilio.with { $0.keys["SK1"] = ("s3cret", TwilioStandIn.account) }
        var options = try twilio.options()
        options.credentials = APICredentials(user: "SK1", password: Array("s3cret".utf8))
        #expect(try numbers(options).isEmpty)
        #expect(options.credentials.isKey)
        #expect("\(options.credentials)" == "SK1 [redacted]")
        var dumped = ""
        dump(options.credentials, to: &dumped)
        #expect(!dumped.contains("115"))
    }

    @Test func `every page of a list is read, in both of Twilio's ways`() throws {
        let twilio = try TwilioStandIn()
        twilio.with { state in
            for number in 0..<7 { _ = state.rows.addNumber("+1555010\(number)") }
            for number in 0..<5 { _ = state.rows.addService("\(number)", pool: []) }
        }
        var options = try twilio.options()
        options.pageRows = 3
        #expect(
            try numbers(options).compactMap(PhoneNumberResource.init).map(\.phoneNumber)
                == (0..<7).map { "+1555010\($0)" })
        var client = try APIClient(options)
        let services = try client.list(.messagingServices)
        #expect(
            services.rows.compactMap(MessagingServiceResource.init).map(\.friendlyName)
                == (0..<5).map { "\($0)" })
        #expect(!services.isMore)
        let some = try client.list(.messagingServices, rowsMax: 3)
        #expect(some.rows.count == 3 && some.isMore)
    }

    @Test(arguments: [
        "/v1/Other?Page=1", "http://other.example/v1/Other", "v1/Services",
        "/v1/Services?PageSize=3",
    ])
    func `a next page elsewhere, or the same again, is refused`(next: String) throws {
        let twilio = try TwilioStandIn()
        let body = #"{"services": [], "meta": {"next_page_url": "\#(next)"}}"#
        twilio.fail("GET", [.garbage(body), .garbage(body), .garbage(body)])
        var options = try twilio.options()
        options.pageRows = 3
        var client = try APIClient(options)
        let fault = APIFault.malformed("the place of the next page is not below the list's own")
        #expect(throws: fault) { try client.list(.messagingServices) }
    }

    @Test func `no more calls are under way than may be, and each gets its own answer`() throws {
        let twilio = try TwilioStandIn()
        twilio.with { state in
            for number in 0..<20 {
                let sid = "AC\(number)"
                state.rows.accounts.append(
                    TwilioStandInRows.account(sid, name: "\(number)", owner: sid))
            }
        }
        var options = try twilio.options()
        options.concurrencyMax = 3
        var connection = try APIConnection(options)
        for number in 0..<20 { connection.begin(.account("AC\(number)"), tag: UInt64(number)) }
        var ends: [APIEnd] = []
        while ends.count < 20 { try connection.wait(milliseconds: 1_000, into: &ends) }
        for end in ends {
            #expect(AccountResource(try end.result.get())?.friendlyName == "\(end.tag)")
        }
        let left = connection.underWay
        #expect(left == 0)
    }

    @Test func `a call ends within its time whatever the server does`() throws {
        let twilio = try TwilioStandIn()
        twilio.fail("GET", Array(repeating: .hang(isDone: false), count: 9))
        var options = try twilio.options()
        options.attemptMillisecondsMax = 100
        options.callMillisecondsMax = 250
        let start = ContinuousClock.now
        #expect(throws: APIFault.self) { try numbers(options) }
        #expect(ContinuousClock.now - start < .seconds(5))
    }
}

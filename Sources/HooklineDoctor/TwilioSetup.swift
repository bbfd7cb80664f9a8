import Hookline
import TwilioAPI

/// What is configured at Twilio, as far as the credentials may read it.
struct TwilioSetup: Sendable {
    /// An account and what it has.
    struct Account: Sendable {
        var account: AccountResource
        var numbers: [PhoneNumberResource] = []
        var applications: [ApplicationResource] = []
    }

    /// The account of the credentials first.
    var accounts: [Account] = []
    /// Of the account of the credentials.
    var services: [MessagingServiceResource] = []
    /// The service of each number that is in one, by the number's SID.
    var serviceOfNumber: [String: String] = [:]
    /// Of the account of the credentials.
    var senders: [SenderResource] = []
    var conversations: ConversationsResource?
    /// What could not be read, and why; the rest was.
    var unread: [(what: String, fault: APIFault)] = []

    /// Reads everything. Throws when not even the account can be read.
    init(reading options: APIOptions, account sid: String) throws(APIFault) {
        var client = try APIClient(options)
        guard let main = AccountResource(try client.ask(.account(sid))) else {
            throw .malformed("it is no account")
        }
        accounts = [Account(account: main)]
        let others = read("accounts", .accounts, &client, AccountResource.init)
        accounts += others.filter { $0.sid != sid && $0.status == "active" }
            .map { Account(account: $0) }
        for index in accounts.indices {
            let sid = accounts[index].account.sid
            accounts[index].numbers = read(
                "numbers", .phoneNumbers(account: sid), &client, PhoneNumberResource.init)
            guard accounts[index].numbers.contains(where: { $0.smsApplicationSID != nil }) else {
                continue
            }
            accounts[index].applications = read(
                "applications", .applications(account: sid), &client, ApplicationResource.init)
        }
        services = read(
            "messaging services", .messagingServices, &client, MessagingServiceResource.init)
        for service in services {
            let numbers = read(
                "numbers of a messaging service", .phoneNumbers(ofService: service.sid), &client
            ) { $0["sid"]?.text }
            for number in numbers { serviceOfNumber[number] = service.sid }
        }
        senders = read("WhatsApp senders", .whatsAppSenders, &client, SenderResource.init)
        do throws(APIFault) {
            conversations = ConversationsResource(try client.ask(.conversations))
        } catch {
            unread.append((what: "Conversations", fault: error))
        }
    }

    private mutating func read<Resource>(
        _ what: String, _ list: APIList, _ client: inout APIClient,
        _ make: (JSON) -> Resource?
    ) -> [Resource] {
        do throws(APIFault) {
            let found = try client.list(list, rowsMax: 10_000)
            if found.isMore { unread.append((what: what, fault: .malformed("there are more"))) }
            return found.rows.compactMap(make)
        } catch {
            unread.append((what: what, fault: error))
            return []
        }
    }
}

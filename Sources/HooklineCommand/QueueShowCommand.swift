import ArgumentParser
import Hookline

/// `hookline queue show`.
struct QueueShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows header and body of a delivery or of a quarantined request, masked.")

    @Argument(help: ArgumentHelp("The id, as `list` shows it.", valueName: "id"))
    var id: Int64

    @Flag(help: "A quarantined request instead of a delivery.")
    var quarantined = false

    @Flag(help: "Show everything: body, phone numbers, signature and every header field.")
    var reveal = false

    @OptionGroup var options: QueueOptions

    func run() throws {
        var show = AdminShow(id: id)
        show.quarantined = quarantined
        show.reveal = reveal
        var delivery: DeliveryRow?
        var kept: QuarantineRow?
        var detail: RequestDetail?
        do {
            _ = try options.client.ask(.show(show)) { reply in
                switch reply {
                case .delivery(let row): delivery = row
                case .quarantined(let row): kept = row
                case .request(let request): detail = request
                default: break
                }
            }
        } catch {
            throw Terminal.failure([error.description])
        }
        guard !options.json else {
            return Terminal.data(AdminDocument.show(delivery, kept, detail))
        }
        if let delivery { Terminal.data(AdminText.table([delivery])) }
        if let kept { Terminal.data(AdminText.table([kept])) }
        Terminal.data(detail.map(AdminText.text) ?? "\nIts stored head is damaged.\n")
    }
}

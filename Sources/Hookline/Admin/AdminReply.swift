import Foundation

/// One line of a server's answer: a JSON object with one key. The last line is an `end` or an
/// `error`; an answer without one broke off.
public enum AdminReply: Sendable {
    /// The queue's depth.
    case status(QueueStatus)
    /// One delivery.
    case delivery(DeliveryRow)
    /// One quarantined request.
    case quarantined(QuarantineRow)
    /// What belongs to the row of the line before: header and body.
    case request(RequestDetail)
    /// A request as it came.
    case captured(AdminCapture)
    /// What became of one row that was named by its id.
    case outcome(AdminOutcome)
    /// The request was answered.
    case end(AdminEnd)
    /// The request was not answered, or not to its end.
    case error(AdminFault)
}

/// What became of one row.
public struct AdminOutcome: Sendable, Codable, Equatable {
    /// Its id.
    public var id: Int64
    /// `retried`, `discarded`, `released`, `duplicate`, `missing`, or the reason why it stays.
    public var result: String

    /// It would be owed and stays, for the queue has no room for it.
    static let queueFull = "queue_full"
    /// It is being sent at this moment, and stays.
    static let running = "running"
    /// It is not what was written, and stays until it is discarded.
    static let corrupt = "corrupt"
}

/// The end of an answer.
public struct AdminEnd: Sendable, Codable, Equatable {
    /// How many rows had each result; for a change.
    public var counts: [String: Int] = [:]
    /// Where the next request goes on, nil when nothing is left: after this id, or of ids that
    /// were named after so many of them.
    public var next: Int64?
    /// Up to which id it goes; what comes later is none of this change's business.
    public var through: Int64?
    /// In a dry run: how many deliveries it, and its earlier requests, would have made owed.
    public var foretold: Int?
}

/// Why a request was not answered.
public struct AdminFault: Error, Sendable, Codable, Equatable {
    /// What kind of fault it is.
    public enum Code: String, Sendable, Codable, CaseIterable {
        /// The line is not one JSON object.
        case malformed
        /// The line is longer than 64 KiB, or has no end.
        case tooLong = "too_long"
        /// There is no such verb.
        case unknownVerb = "unknown_verb"
        /// An argument is missing, of the wrong kind, out of its range, or none of the verb's.
        case badArgument = "bad_argument"
        /// There is no such row.
        case notFound = "not_found"
        /// The queue has no room for what would be owed.
        case queueFull = "queue_full"
        /// The store failed, did not answer in time, or is stopping.
        case store
    }

    /// What kind of fault it is.
    public var code: Code
    /// One sentence for people.
    public var message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    init(_ fault: QueueFault) {
        switch fault {
        case .store(let failure):
            self.init(failure)
        case .away:
            self.init(
                .store,
                "Redis did not answer; what it holds cannot be seen or changed at the moment")
        case .full(let owedMax):
            self.init(.queueFull, "the queue is full: --queue-rows-max is \(owedMax)")
        }
    }

    init(_ failure: StoreTaskFailure) {
        code = .store
        message =
            switch failure {
            case .late: "the store did not answer in time; a change may still be made"
            case .stopped: "the server is stopping"
            case .failed(let reason): "the store failed: \(reason.rawValue)"
            }
    }
}

extension AdminReply: Codable {
    enum CodingKeys: String, CodingKey {
        case status, delivery, quarantined, request, captured, outcome, end, error
    }

    /// Reads the one key of a line.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        switch values.allKeys.first {
        case .status: self = .status(try values.decode(QueueStatus.self, forKey: .status))
        case .delivery: self = .delivery(try values.decode(DeliveryRow.self, forKey: .delivery))
        case .quarantined:
            self = .quarantined(try values.decode(QuarantineRow.self, forKey: .quarantined))
        case .request: self = .request(try values.decode(RequestDetail.self, forKey: .request))
        case .captured:
            self = .captured(try values.decode(AdminCapture.self, forKey: .captured))
        case .outcome: self = .outcome(try values.decode(AdminOutcome.self, forKey: .outcome))
        case .end: self = .end(try values.decode(AdminEnd.self, forKey: .end))
        case .error: self = .error(try values.decode(AdminFault.self, forKey: .error))
        case nil: self = .error(AdminFault(.malformed, "the server answered something else"))
        }
    }

    /// Writes the one key of a line.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .status(let status): try values.encode(status, forKey: .status)
        case .delivery(let row): try values.encode(row, forKey: .delivery)
        case .quarantined(let row): try values.encode(row, forKey: .quarantined)
        case .request(let detail): try values.encode(detail, forKey: .request)
        case .captured(let request): try values.encode(request, forKey: .captured)
        case .outcome(let outcome): try values.encode(outcome, forKey: .outcome)
        case .end(let end): try values.encode(end, forKey: .end)
        case .error(let fault): try values.encode(fault, forKey: .error)
        }
    }

    /// The line with its line feed.
    var line: [UInt8] { JSONLine.bytes(self) }
}

/// JSON on one line.
enum JSONLine {
    /// A value and a line feed.
    static func bytes(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Text, numbers and lists of them always encode.
        let data = (try? encoder.encode(value)) ?? Data()
        return Array(data) + [0x0a]
    }
}

/// What a command asks of a running server: one JSON object on one line.
///
/// Every request is bounded in rows and time. Long work is a row of requests: the answer's end
/// says where the next one goes on, so that a command can stop at any time and nothing runs on
/// behalf of one that is gone.
public enum AdminRequest: Sendable, Equatable {
    /// The queue's depth by priority and state.
    case status
    /// Deliveries, or quarantined requests, in the order of ids.
    case list(AdminList)
    /// One of them with its header and body.
    case show(AdminShow)
    /// A quarantined request, whole and as it came, to be examined elsewhere.
    case capture(id: Int64)
    /// Dead letters are owed anew; what waits and is named is due at once.
    case retry(AdminChange)
    /// Dead letters, what waits and is named, or quarantined requests, are deleted.
    case discard(AdminChange, quarantined: Bool)
    /// Quarantined requests are verified again and become deliveries. With `force` one request
    /// does without being verified.
    case release(AdminChange, force: Bool)

    /// Bytes of a request line.
    static let lineBytesMax = 64 * 1024
    /// Rows of one list.
    public static let rowsMax = 1000
    /// Ids of one change.
    public static let idsMax = 1000
}

/// A part of the deliveries or of the quarantine.
public struct AdminList: Sendable, Equatable {
    /// Deliveries in this state only; nil for all.
    public var state: DeliveryState?
    /// Deliveries to the destination of this name only; nil for all.
    public var destination: String?
    /// The quarantine instead of the deliveries.
    public var quarantined = false
    /// Rows after this id.
    public var after: Int64 = 0
    /// Rows at most, from 1 to `AdminRequest.rowsMax`.
    public var limit = 100

    /// All deliveries, the oldest first.
    public init() {}
}

/// One row.
public struct AdminShow: Sendable, Equatable {
    /// Its id.
    public var id: Int64
    /// A row of the quarantine instead of a delivery.
    public var quarantined = false
    /// With the body, phone numbers and every header field.
    public var reveal = false

    /// A delivery, masked.
    public init(id: Int64) { self.id = id }
}

/// Which rows a change is about.
public enum AdminSelection: Sendable, Equatable {
    /// These, at most `AdminRequest.idsMax`.
    case ids([Int64])
    /// All.
    case all
    /// Those with this reason.
    case reason(String)
    /// Those that were proven genuine; the quarantine only.
    case proven
}

/// A change of many rows.
public struct AdminChange: Sendable, Equatable {
    /// Which rows.
    public var selection: AdminSelection
    /// Says what would be changed, and changes nothing.
    public var isDryRun = false
    /// Rows after this id; from the end of the answer before.
    public var after: Int64 = 0
    /// Rows up to this id; from the end of the answer before, nil in the first request.
    public var through: Int64?
    /// In a dry run: how many deliveries its earlier requests would have made owed.
    public var foretold = 0

    /// A change of these rows.
    public init(_ selection: AdminSelection) { self.selection = selection }
}

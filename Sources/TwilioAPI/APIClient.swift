/// Asks Twilio's API and waits for the answer; confined to one thread.
///
/// For commands and for threads of their own: every call blocks, within
/// `APIOptions.callMillisecondsMax`.
public struct APIClient: ~Copyable {
    private var connection: APIConnection
    private let pageRows: Int

    /// A client; throws when libcurl cannot be set up.
    public init(_ options: APIOptions) throws(APIFault) {
        connection = try APIConnection(options)
        pageRows = options.pageRows
    }

    /// One call, with its retries.
    public mutating func ask(_ call: APICall) throws(APIFault) -> JSON {
        connection.begin(call, tag: 1)
        var ends: [APIEnd] = []
        while ends.isEmpty { try connection.wait(milliseconds: 1_000, into: &ends) }
        return try ends[0].result.get()
    }

    /// Every row of a list, page by page, at most `rowsMax`; the flag is true when there are more.
    ///
    /// A page is asked at the place that the one before it names, but always of the same server
    /// and below the list's own path: credentials go nowhere else.
    public mutating func list(
        _ list: APIList, rowsMax: Int = 100_000
    ) throws(APIFault) -> (rows: [JSON], isMore: Bool) {
        var call = list.call
        if !call.parameters.contains(where: { $0.name == "PageSize" }) {
            call.parameters.append((name: "PageSize", value: "\(pageRows)"))
        }
        var rows: [JSON] = []
        var targets: Set<String> = []
        while true {
            let page = try ask(call)
            guard let items = page[list.key]?.items else {
                throw .malformed("it has no list \(list.key)")
            }
            rows += items
            guard let next = (page["next_page_uri"] ?? page["meta"]?["next_page_url"])?.text
            else { return (rows, false) }
            guard let target = Self.target(next), target.hasPrefix(list.call.path),
                targets.insert(target).inserted
            else { throw .malformed("the place of the next page is not below the list's own") }
            guard rows.count < rowsMax else { return (rows, true) }
            call = call.page(at: target)
        }
    }

    /// Path and query of a URL, or of what is one already.
    private static func target(_ url: String) -> String? {
        guard let scheme = url.firstRange(of: "://") else { return url }
        return url[scheme.upperBound...].firstIndex(of: "/").map { String(url[$0...]) }
    }
}

/// A list of Twilio's API.
public struct APIList: Sendable {
    /// Its first page.
    let call: APICall
    /// The member of a page that holds its rows.
    let key: String

    /// The first rows alone, for a caller that reads the page itself.
    public func firstPage(rows: Int) -> APICall {
        var call = call
        call.parameters.append((name: "PageSize", value: "\(rows)"))
        return call
    }
}

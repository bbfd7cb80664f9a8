/// Something wrong with a head, or a part of it, as a change to a good one.
struct HeadFault<Part>: Sendable {
    let name: String
    let apply: @Sendable (inout Part) -> Void

    init(_ name: String, _ apply: @escaping @Sendable (inout Part) -> Void) {
        self.name = name
        self.apply = apply
    }
}

/// What can be wrong with one field line, as a change to a good one.
let fieldFaults: [HeadFault<SentRequest.Field>] =
    [
        HeadFault("fold with a space") { $0.end = bytes("\r\n x\r\n") },
        HeadFault("fold with a tab") { $0.end = bytes("\r\n\tx\r\n") },
        HeadFault("fold of white space alone") { $0.end = bytes("\r\n \r\n") },
        HeadFault("fold of a tab alone") { $0.end = bytes("\r\n\t\r\n") },
        HeadFault("two folds") { $0.end = bytes("\r\n x\r\n y\r\n") },
        HeadFault("fold before the value") { $0.before = bytes("\r\n ") },
        HeadFault("fold behind white space") { $0.end = bytes(" \r\n x \r\n") },
        HeadFault("NUL in the name") { $0.name.insert(0, at: 1) },
        HeadFault("NUL behind the name") { $0.name.append(0) },
        HeadFault("NUL before the value") { $0.before.append(0) },
        HeadFault("NUL before white space") { $0.before.insert(0, at: 0) },
        HeadFault("NUL in the value") { $0.value.insert(contentsOf: [0x78, 0, 0x78], at: 0) },
        HeadFault("NUL behind the value") { $0.value.append(0) },
        HeadFault("NUL and more behind the value") { $0.value += bytes("\0x") },
        HeadFault("NUL between value and white space") { $0.behind = bytes("\0 ") },
        HeadFault("NUL between white space") { $0.behind = bytes(" \0 ") },
        HeadFault("NUL behind white space") { $0.behind = bytes(" \0") },
        HeadFault("two NUL at the line's end") { $0.end = bytes("\0\0") + $0.end },
        HeadFault("bare LF") { $0.end = bytes("\n") },
        HeadFault("bare LF behind white space") { $0.end = bytes(" \n") },
        HeadFault("bare LF in the value") { $0.value.insert(0x0a, at: 0) },
        HeadFault("CR before CRLF") { $0.end = bytes("\r\r\n") },
        HeadFault("bare CR in the value") { $0.value.insert(contentsOf: bytes("x\rx"), at: 0) },
        HeadFault("bare CR before the value") { $0.before = bytes(" \r ") },
        HeadFault("bare CR behind the value") { $0.behind = bytes("\r ") },
        HeadFault("space before the colon") { $0.name += bytes(" ") },
        HeadFault("tab before the colon") { $0.name += bytes("\t") },
        HeadFault("space in the name") { $0.name.insert(0x20, at: 1) },
        HeadFault("space before the name") { $0.name.insert(0x20, at: 0) },
        HeadFault("tab before the name") { $0.name.insert(0x09, at: 0) },
        HeadFault("no name") { $0.name = [] },
        HeadFault("a name of white space") { $0.name = bytes(" ") },
        HeadFault("no colon") { $0.colon = [] },
        HeadFault("a quote in the name") { $0.name += bytes("\"") },
    ] + controls

/// Control characters that some take for white space, wherever it may stand.
private let controls: [HeadFault<SentRequest.Field>] =
    [0x01, 0x0b, 0x0c, 0x1b, 0x1f, 0x7f].flatMap {
        byte -> [HeadFault<SentRequest.Field>] in
        [
            HeadFault("\(byte) before the value") { $0.before.append(byte) },
            HeadFault("\(byte) before white space") { $0.before.insert(byte, at: 0) },
            HeadFault("\(byte) in the value") {
                $0.value.insert(contentsOf: [0x78, byte, 0x78], at: 0)
            },
            HeadFault("\(byte) behind the value") { $0.behind.insert(byte, at: 0) },
            HeadFault("\(byte) behind white space") { $0.behind.append(contentsOf: [0x20, byte]) },
            HeadFault("\(byte) before the colon") { $0.name.append(byte) },
        ]
    }

/// What can be wrong with a head apart from one field line, as a change to a good one whose
/// fifth field says how long the body is.
let headFaults: [HeadFault<SentRequest>] = [
    HeadFault("doubled space behind the method") { $0.start = bytes("POST  /a?b=1 HTTP/1.1") },
    HeadFault("doubled space behind the target") { $0.start = bytes("POST /a?b=1  HTTP/1.1") },
    HeadFault("tab behind the method") { $0.start = bytes("POST\t/a?b=1 HTTP/1.1") },
    HeadFault("tab behind the target") { $0.start = bytes("POST /a?b=1\tHTTP/1.1") },
    HeadFault("tab and space behind the target") { $0.start = bytes("POST /a?b=1\t HTTP/1.1") },
    HeadFault("space before the method") { $0.start = bytes(" POST /a?b=1 HTTP/1.1") },
    HeadFault("space behind the version") { $0.start += bytes(" ") },
    HeadFault("tab behind the version") { $0.start += bytes("\t") },
    HeadFault("NUL behind the version") { $0.start += bytes("\0") },
    HeadFault("NUL behind the method") { $0.start = bytes("POST\0 /a?b=1 HTTP/1.1") },
    HeadFault("NUL in the target") { $0.start = bytes("POST /a\0?b=1 HTTP/1.1") },
    HeadFault("NUL behind the target") { $0.start = bytes("POST /a?b=1\0 HTTP/1.1") },
    HeadFault("bare LF behind the request line") { $0.startEnd = bytes("\n") },
    HeadFault("CR before the request line's CRLF") { $0.startEnd = bytes("\r\r\n") },
    HeadFault("a line of white space behind the request line") { $0.startEnd = bytes("\r\n \r\n") },
    HeadFault("a line of a tab behind the request line") { $0.startEnd = bytes("\r\n\t\r\n") },
    HeadFault("an empty line that is a bare LF") { $0.end = bytes("\n") },
    HeadFault("an empty line with a NUL in it") { $0.end = bytes("\0\r\n") },
    HeadFault("an empty line with a space in it") { $0.end = bytes(" \r\n\r\n") },
    HeadFault("a line that begins with a NUL") { $0.end = bytes("\0X-A: b\r\n\r\n") },
    HeadFault("all lines end in bare LF") { request in
        request.startEnd = bytes("\n")
        for index in request.fields.indices { request.fields[index].end = bytes("\n") }
        request.end = bytes("\n")
    },
    HeadFault("length twice") { $0.fields.append($0.fields[4]) },
    HeadFault("length and chunked") {
        $0.fields.append(SentRequest.sized.fields[4])
        $0.fields.append(SentRequest.chunked.fields[4])
    },
    HeadFault("a space in the length") { $0.fields[4] = .init("Content-Length", "3 3") },
    HeadFault("a tab in the length") { $0.fields[4] = .init("Content-Length", "3\t3") },
    HeadFault("two lengths in one") { $0.fields[4] = .init("Content-Length", "3, 3") },
    HeadFault("a length with a sign") { $0.fields[4] = .init("Content-Length", "+3") },
    HeadFault("no length but its name") { $0.fields[4] = .init("Content-Length", "") },
    HeadFault("chunked with a list") { $0.fields[4] = .init("Transfer-Encoding", "chunked ,") },
    HeadFault("chunked with a space in it") {
        $0.fields[4] = .init("Transfer-Encoding", "chun ked")
    },
    HeadFault("no encoding but its name") { $0.fields[4] = .init("Transfer-Encoding", "") },
    HeadFault("two hosts") { $0.fields.append($0.fields[0]) },
    HeadFault("a host of white space") { $0.fields[0].value = [] },
    HeadFault("a space in the host") { $0.fields[0].value.insert(0x20, at: 3) },
]

private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

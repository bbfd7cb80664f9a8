import POSIX
import Yams

/// Reads `destinations` of the configuration file: names with their settings.
struct DestinationReader {
    /// How one text goes into an entry.
    private typealias Apply =
        @Sendable (inout DestinationEntry, String) throws(SettingProblem) ->
        Void

    private(set) var entries: [DestinationEntry] = []
    private(set) var faults: FileFaults
    private let environment: [String: String]

    init(_ node: Node, path: String, environment: [String: String]) {
        faults = FileFaults(path: path)
        self.environment = environment
        guard let mapping = node.mapping, !mapping.isEmpty else {
            faults.add(
                node.lineNumber, "destinations", "is not a list of `name:` with settings below")
            return
        }
        for (key, value) in mapping { read(key, value) }
    }

    private mutating func read(_ key: Node, _ value: Node) {
        let text = key.scalar?.string ?? ""
        let place = "destinations.\(text)"
        guard DestinationName.isValid(text) else {
            return faults.add(
                key.lineNumber, "destinations",
                "\"\(text)\" is not a name: write up to \(DestinationName.lengthMax) small "
                    + "letters, digits, - and _, a letter or a digit first")
        }
        let name = DestinationName(text)
        if let same = entries.first(where: { $0.name.code == name.code }) {
            return faults.add(
                key.lineNumber, place,
                same.name == name
                    ? "is there already, in line \(same.line)"
                    : "cannot be told from \(same.name.text) in the store; choose another name")
        }
        guard let mapping = value.mapping else {
            return faults.add(key.lineNumber, place, "has no settings; it needs a url at least")
        }
        var entry = DestinationEntry(name: name, line: key.lineNumber)
        for (key, value) in mapping {
            read(key.scalar?.string ?? "", value, key.lineNumber, place, &entry)
        }
        let hasURL = mapping.contains { $0.key.scalar?.string == "url" }
        if !hasURL {
            faults.add(
                entry.line, place, "has no url: write that of your application, or log:")
        }
        if entry.certificates.clientKey != nil, entry.certificates.client == nil {
            faults.add(entry.line, place, "has a client-key without a client-certificate")
        }
        entries.append(entry)
    }

    private mutating func read(
        _ key: String, _ value: Node, _ line: Int, _ place: String,
        _ entry: inout DestinationEntry
    ) {
        let full = "\(place).\(key)"
        switch key {
        case "headers": readHeaders(value, full, &entry)
        case "signing-token":
            guard let token = secret(value, full) else { return }
            guard TokensFile.isToken(bytes: token.bytes) else {
                return faults.add(value.lineNumber, full, "is empty or has spaces")
            }
            entry.signingToken = token
        default:
            guard let apply = Self.keys[key] else {
                return faults.add(
                    line, full,
                    "there is no such key; a destination has "
                        + (Self.keys.keys + ["headers", "signing-token"]).sorted()
                        .joined(separator: ", "))
            }
            // A list of statuses may be a list of YAML too.
            let list = value.sequence?.compactMap { $0.scalar?.string }.joined(separator: ",")
            guard let text = value.scalar?.string ?? list else {
                return faults.add(value.lineNumber, full, "has a value that is no text")
            }
            do throws(SettingProblem) {
                try apply(&entry, text)
            } catch {
                faults.add(value.lineNumber, full, error.sentence)
            }
        }
    }

    private mutating func readHeaders(
        _ node: Node, _ key: String, _ entry: inout DestinationEntry
    ) {
        guard let mapping = node.mapping else {
            return faults.add(node.lineNumber, key, "is not a list of `Name: value`")
        }
        for (nameNode, value) in mapping {
            let name = nameNode.scalar?.string ?? ""
            let full = "\(key).\(name)"
            guard Self.isToken(name) else {
                faults.add(
                    nameNode.lineNumber, key, "\"\(name)\" is not the name of a header field")
                continue
            }
            guard !Self.isReserved(name) else {
                faults.add(nameNode.lineNumber, full, "is written by Hookline itself")
                continue
            }
            guard let secret = secret(value, full) else { continue }
            guard secret.bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
                faults.add(value.lineNumber, full, "holds a control character")
                continue
            }
            entry.headers.append(DestinationHeader(name: name, value: secret))
        }
    }

    /// A text, or what a variable of the environment or a file holds.
    private mutating func secret(_ node: Node, _ key: String) -> Secret? {
        if let text = node.scalar?.string { return Secret(text.utf8) }
        let line = node.lineNumber
        guard let mapping = node.mapping, mapping.count == 1, let first = mapping.first,
            let kind = first.key.scalar?.string, let source = first.value.scalar?.string
        else {
            faults.add(line, key, "is neither a text nor {environment: NAME} or {file: PATH}")
            return nil
        }
        switch kind {
        case "environment":
            guard let value = environment[source], !value.isEmpty else {
                faults.add(line, key, "there is no variable \(source) in the environment")
                return nil
            }
            return Secret(value.utf8)
        case "file":
            do throws(POSIXError) {
                guard var bytes = try Folder.read(source, bytesMax: 16_384) else {
                    faults.add(line, key, "there is no file \(source)")
                    return nil
                }
                while let last = bytes.last, last == 0x0a || last == 0x0d { bytes.removeLast() }
                return Secret(bytes)
            } catch {
                faults.add(line, key, "\(source) cannot be read: \(error.message)")
                return nil
            }
        default:
            faults.add(line, key, "comes from {environment: NAME} or {file: PATH}, not \(kind)")
            return nil
        }
    }

    /// A field's name (RFC 9110, section 5.1).
    private static func isToken(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte)
                    || (0x61...0x7a).contains(byte) || "!#$%&'*+-.^_`|~".utf8.contains(byte)
            }
    }

    private static let reserved: Set<String> = [
        "connection", "content-length", "content-type", "expect", "host", "idempotency-key",
        "traceparent", "tracestate", "transfer-encoding", "user-agent", "x-twilio-signature",
    ]

    private static func isReserved(_ name: String) -> Bool {
        let name = name.lowercased()
        return reserved.contains(name) || name.hasPrefix("hookline-")
    }

    private static let keys: [String: Apply] = [
        "url": { entry, text throws(SettingProblem) in
            entry.target = text == "log:" ? .log : .url(try DestinationURL(text))
        },
        "client-certificate": { entry, text throws(SettingProblem) in
            entry.certificates.client = try file(text)
        },
        "client-key": { entry, text throws(SettingProblem) in
            entry.certificates.clientKey = try file(text)
        },
        "certificate-authority": { entry, text throws(SettingProblem) in
            entry.certificates.authority = try file(text)
        },
        "concurrency": { entry, text throws(SettingProblem) in
            guard let value = Int(text), (1...4096).contains(value) else {
                throw SettingProblem("\"\(text)\" is not a whole number from 1 to 4096")
            }
            entry.concurrency = value
        },
        "rate": { entry, text throws(SettingProblem) in
            guard let value = Double(text), value > 0, value <= 100_000 else {
                throw SettingProblem(
                    "\"\(text)\" is not a number of attempts a second above 0 and up to 100000")
            }
            entry.rate = value
        },
        "connect-timeout": duration(\.connectTimeout, .milliseconds(10)...(.seconds(600))),
        "timeout": duration(\.timeout, .milliseconds(10)...(.seconds(600))),
        "retry-initial": duration(\.retryInitial, .milliseconds(1)...(.seconds(3600))),
        "retry-factor": { entry, text throws(SettingProblem) in
            guard let value = Double(text), value >= 1, value <= 10 else {
                throw SettingProblem("\"\(text)\" is not a number from 1 to 10")
            }
            entry.retryFactor = value
        },
        "retry-cap": duration(\.retryCap, .milliseconds(1)...(.seconds(86_400))),
        "retry-after-max": duration(\.retryAfterMax, .milliseconds(1)...(.seconds(86_400))),
        "refusal-statuses": { entry, text throws(SettingProblem) in
            entry.refusalStatuses = try StatusList.parse(text)
        },
        "refusal-attempts": { entry, text throws(SettingProblem) in
            guard let value = Int(text), (1...1000).contains(value) else {
                throw SettingProblem("\"\(text)\" is not a whole number from 1 to 1000")
            }
            entry.refusalAttempts = value
        },
        "retry-window": duration(\.retryWindow, .seconds(1)...(.seconds(30 * 86_400))),
        "allow-link-local": { entry, text throws(SettingProblem) in
            guard text == "true" || text == "false" else {
                throw SettingProblem("\"\(text)\" is neither true nor false")
            }
            entry.allowsLinkLocal = text == "true"
        },
    ]

    private static func file(_ text: String) throws(SettingProblem) -> String {
        do throws(POSIXError) {
            guard try Folder.read(text, bytesMax: 1 << 20)?.isEmpty == false else {
                throw POSIXError(operation: "open", code: 2, message: "No such file")
            }
        } catch {
            throw SettingProblem("\(text) cannot be read: \(error.message)")
        }
        return text
    }

    private static func duration(
        _ path: WritableKeyPath<DestinationEntry, Duration?> & Sendable,
        _ range: ClosedRange<Duration>
    ) -> Apply {
        { entry, text throws(SettingProblem) in
            let value = try DurationText.parse(text)
            guard range.contains(value) else {
                throw SettingProblem(
                    "\(text) is not from \(DurationText.text(range.lowerBound)) to "
                        + DurationText.text(range.upperBound))
            }
            entry[keyPath: path] = value
        }
    }
}

import Foundation
import Glibc
import TestSupport

/// Debian's Chromium without a window, driven over a pipe by the DevTools protocol
/// (https://chromedevtools.github.io/devtools-protocol/), one tab.
final class Browser {
    /// A result or the parameters of an event.
    typealias Object = [String: Any]

    private let folder: TemporaryFolder
    private let process: ChildProcess
    private let commands: Int32
    private let replies: Int32
    private var unread: [UInt8] = []
    private var nextID = 0
    private var session: String?
    /// Events that came, in order, with their method.
    private(set) var events: [(method: String, parameters: Object)] = []

    /// Starts it with an empty tab.
    init() throws {
        folder = try TemporaryFolder()
        let (input, output) = (folder.path("commands"), folder.path("replies"))
        guard mkfifo(input, 0o600) == 0, mkfifo(output, 0o600) == 0 else {
            throw ChildProcess.Failure("cannot make a pipe")
        }
        // For reading and writing: then neither opening waits for the other end.
        commands = Glibc.open(input, O_RDWR | O_CLOEXEC)
        replies = Glibc.open(output, O_RDWR | O_CLOEXEC)
        // The browser reads from descriptor 3 and writes to 4.
        process = try ChildProcess(
            "sh",
            [
                "-c", "exec chromium \"$@\" 3<\"\(input)\" 4>\"\(output)\"", "sh",
                "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
                "--disable-dev-shm-usage", "--user-data-dir=\(folder.path("profile"))",
                "--remote-debugging-pipe", "about:blank",
            ], errors: folder.path("errors"))
        let target = try call("Target.createTarget", ["url": "about:blank"])["targetId"]
        let attached = try call(
            "Target.attachToTarget", ["targetId": target ?? "", "flatten": true])
        session = attached["sessionId"] as? String
        for domain in ["Page", "Runtime", "Log", "Network", "DOM", "Accessibility"] {
            try call(domain + ".enable")
        }
    }

    deinit {
        close(commands)
        close(replies)
    }

    /// Calls a method and waits for its result.
    @discardableResult
    func call(_ method: String, _ parameters: Object = [:]) throws -> Object {
        nextID += 1
        var message: Object = ["id": nextID, "method": method, "params": parameters]
        if let session { message["sessionId"] = session }
        let bytes = Array(try JSONSerialization.data(withJSONObject: message)) + [0]
        guard write(commands, bytes, bytes.count) == bytes.count else {
            throw ChildProcess.Failure("the browser takes no commands")
        }
        while true {
            let reply = try receive()
            if let event = reply["method"] as? String {
                events.append((event, reply["params"] as? Object ?? [:]))
            } else if reply["id"] as? Int == nextID {
                if let fault = reply["error"] as? Object {
                    throw ChildProcess.Failure("\(method): \(fault["message"] ?? "")")
                }
                return reply["result"] as? Object ?? [:]
            }
        }
    }

    /// Loads a page; its script goes on meanwhile.
    func open(_ url: String) throws { try call("Page.navigate", ["url": url]) }

    /// The value of an expression in the page, as JSON has it.
    func value(_ expression: String) throws -> Any? {
        let result = try call(
            "Runtime.evaluate", ["expression": expression, "returnByValue": true])
        if let fault = result["exceptionDetails"] { throw ChildProcess.Failure("\(fault)") }
        return (result["result"] as? Object)?["value"]
    }

    /// Makes the view so wide, in a light or a dark room.
    func view(width: Int, isDark: Bool) throws {
        try call(
            "Emulation.setDeviceMetricsOverride",
            ["width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500])
        let scheme = ["name": "prefers-color-scheme", "value": isDark ? "dark" : "light"]
        try call("Emulation.setEmulatedMedia", ["features": [scheme]])
    }

    /// Keeps a picture of the whole page in `test-artefacts`.
    func keepPicture(_ name: String) throws {
        let picture = try call("Page.captureScreenshot", ["captureBeyondViewport": true])
        let data = Data(base64Encoded: picture["data"] as? String ?? "") ?? Data()
        let path = Repository.root + "/test-artefacts"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
        try data.write(to: URL(fileURLWithPath: "\(path)/\(name).png"))
    }

    /// What the browser complains of: exceptions, errors and warnings of console, network, policy.
    var complaints: [String] {
        events.compactMap { event in
            switch event.method {
            case "Runtime.exceptionThrown": return "\(event.parameters)"
            case "Runtime.consoleAPICalled": return "\(event.parameters)"
            case "Log.entryAdded":
                let entry = event.parameters["entry"] as? Object ?? [:]
                return entry["level"] as? String == "verbose" ? nil : "\(entry)"
            default: return nil
            }
        }
    }

    /// Every URL that was asked for.
    var requested: [String] {
        events.filter { $0.method == "Network.requestWillBeSent" }
            .compactMap { ($0.parameters["request"] as? Object)?["url"] as? String }
    }

    private func receive() throws -> Object {
        while true {
            if let end = unread.firstIndex(of: 0) {
                let message = Data(unread[..<end])
                unread.removeFirst(end + 1)
                return try JSONSerialization.jsonObject(with: message) as? Object ?? [:]
            }
            var waiting = pollfd(fd: replies, events: Int16(POLLIN), revents: 0)
            guard poll(&waiting, 1, 60_000) == 1 else {
                throw ChildProcess.Failure(
                    "the browser does not answer: \(folder.text("errors"))")
            }
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let got = read(replies, &buffer, buffer.count)
            guard got > 0 else { throw ChildProcess.Failure("the browser has ended") }
            unread += buffer.prefix(got)
        }
    }
}

import Foundation
import TestSupport
import Testing

/// The status page in a browser, and the figures behind it.
extension EndToEnd {
    @Suite struct StatusPageTests {
        /// A receiver that has seen some of everything, with its queue empty again.
        private func busyReceiver(_ application: Application) throws -> Receiver {
            let receiver = try Receiver(["--forward-to", application.url])
            #expect(try receiver.send(60).status == 0)
            #expect(
                try receiver.send(20, ["--media", "--duplicate"], path: "/webhook/sms").status == 0)
            #expect(try receiver.send(9, ["--bad-signature"]).status == 0)
            #expect(eventually { Set(application.taken).count == 80 })
            let isQuiet = try eventually {
                let metrics = try receiver.metrics()
                return metrics.sum("queue_depth") == 0
                    && metrics[#"alert_active{alert="validation_failures",severity="error"}"#] == 1
            }
            #expect(isQuiet)
            return receiver
        }

        /// The figures that the page shows, by their path in `/status.json`.
        private func figures(_ browser: Browser) throws -> [String: String] {
            let shown = try browser.value(
                """
                Object.fromEntries([...document.querySelectorAll("[data-path]")]
                    .map((element) => [element.dataset.path, element.dataset.value ?? ""]))
                """)
            return try #require(shown as? [String: String])
        }

        private func load(_ browser: Browser, _ receiver: Receiver) throws {
            try browser.open("http://127.0.0.1:\(receiver.opsPort)/")
            let isThere = try eventually {
                try browser.value("document.documentElement?.dataset.looks") != nil
            }
            #expect(isThere, "\(browser.complaints)")
        }

        /// What a path of the page is called in `/metrics`.
        private static let series = [
            "requests.accepted.total": ("webhook_duration_seconds_count", #""accepted""#),
            "requests.duplicate.total": ("webhook_duration_seconds_count", #""duplicate""#),
            "requests.refused.total": ("webhook_duration_seconds_count", #""refused""#),
            "validations.valid.total": ("validations_total", #""valid""#),
            "validations.invalid_signature.total": (
                "validations_total", #""invalid_signature""#
            ),
            "errors.signature": ("errors_total", #""signature""#),
            "cache.memory.hit": (
                "validation_cache_requests_total", #"{tier="memory",result="hit""#
            ),
            "cache.memory.miss": (
                "validation_cache_requests_total", #"{tier="memory",result="miss""#
            ),
            "cache_entries": ("validation_cache_entries", ""),
            "queue.sqlite.high.running": (
                "queue_depth", #"{store="sqlite",priority="high",state="running""#
            ),
            "dead_letters": ("dead_letters", ""), "unverified": ("unverified", ""),
            "deliveries.succeeded_total": ("delivery_attempts_total", #""success""#),
            "store.messages_total": ("store_batch_messages_sum", ""),
            "store.data_dir_free_bytes": ("data_dir_free_bytes", ""),
            "load.connections_max": ("connections_max", ""),
            "window.p50_seconds": ("webhook_response_window_seconds", #""50""#),
            "window.p95_seconds": ("webhook_response_window_seconds", #""95""#),
            "window.p99_seconds": ("webhook_response_window_seconds", #""99""#),
            "window.success_ratio": ("webhook_window_success_ratio", ""),
        ]

        @Test func `the page shows what metrics says, and complains of nothing`() throws {
            let application = try Application()
            let receiver = try busyReceiver(application)
            let browser = try Browser()
            try load(browser, receiver)
            // The disk's free room may change between two looks: once they must agree.
            var differing: [String] = []
            let agrees = try eventually {
                let shown = try figures(browser)
                let metrics = try receiver.metrics()
                differing = Self.series.compactMap { path, name in
                    let value = Double(shown[path] ?? "")
                    return value == metrics.sum(name.0, name.1) ? nil : path
                }
                return differing.isEmpty
            }
            #expect(agrees, "\(differing)")
            let shown = try figures(browser)
            #expect(shown["requests.accepted.total"] == "80")
            #expect(shown["requests.refused.total"] == "9")
            #expect(shown["alerts.validation_failures.error"] == "true")
            #expect(shown["alerts.response_time.critical"] == "false")
            let state = try browser.value("document.getElementById('state').textContent")
            #expect(state as? String == "▲ Error: validation failures")
            #expect(browser.complaints == [])
            let origin = "http://127.0.0.1:\(receiver.opsPort)/"
            let others = Set(browser.requested.filter { !$0.hasPrefix("data:") })
            #expect(others == [origin, origin + "status.json"])
        }

        @Test func `the page is readable wide and narrow, by day and by night`() throws {
            let application = try Application()
            let receiver = try busyReceiver(application)
            let browser = try Browser()
            for (width, isDark) in [(1280, false), (375, false), (1280, true), (375, true)] {
                try browser.view(width: width, isDark: isDark)
                try load(browser, receiver)
                let name = "status-\(width)-\(isDark ? "dark" : "light")"
                try browser.keepPicture(name)
                let excess = try browser.value(
                    "document.documentElement.scrollWidth - innerWidth")
                #expect(excess as? Int == 0, "\(name) is wider than its window")
                let faint = try browser.value(Self.faintTexts)
                #expect(faint as? [String] == [], "\(name)")
            }
            // Landmarks and names, as a screen reader has them.
            let tree = try browser.call("Accessibility.getFullAXTree")
            let nodes = tree["nodes"] as? [[String: Any]] ?? []
            func text(_ node: [String: Any], _ key: String) -> String {
                (node[key] as? [String: Any])?["value"] as? String ?? ""
            }
            let roles = Set(nodes.map { text($0, "role") })
            for role in ["banner", "main", "contentinfo", "navigation", "status", "heading"] {
                #expect(roles.contains(role), "no \(role)")
            }
            let images = nodes.filter { ["image", "img"].contains(text($0, "role")) }
            #expect(images.count == 2 && images.allSatisfy { !text($0, "name").isEmpty })
            #expect(browser.complaints == [])
        }

        /// Texts whose contrast with what is behind them is under 4.5 to 1 (WCAG 2.2, 1.4.3).
        private static let faintTexts = """
            (() => {
              const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
              const light = (colour) => {
                const [r, g, b] = numbers(colour).map((part) => part / 255)
                  .map((part) =>
                    part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
              };
              const behind = (element) => {
                for (let each = element; each; each = each.parentElement) {
                  const colour = getComputedStyle(each).backgroundColor;
                  if (numbers(colour)[3] !== 0) return colour;
                }
                return "rgb(255, 255, 255)";
              };
              const seen = "body *:not(script):not(style):not(noscript)";
              const hasText = (node) => node.nodeType === 3 && node.data.trim();
              const texts = [...document.querySelectorAll(seen)]
                .filter((element) => [...element.childNodes].some(hasText))
                .filter((element) => element.getClientRects().length);
              return texts.filter((element) => {
                const style = getComputedStyle(element);
                const ink = element instanceof SVGElement ? style.fill : style.color;
                const [a, b] = [light(ink), light(behind(element))];
                return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5;
              }).map((element) => element.textContent);
            })()
            """

        @Test func `the page rests while nobody looks, and says when the server is gone`() throws {
            let receiver = try Receiver()
            let browser = try Browser()
            try load(browser, receiver)
            let look = "document.documentElement.dataset.looks"
            let hide = { (isHidden: Bool) in
                """
                Object.defineProperty(
                  document, "hidden", { value: \(isHidden), configurable: true });
                document.dispatchEvent(new Event("visibilitychange"));
                document.documentElement.dataset.polling
                """
            }
            #expect(try browser.value(hide(true)) as? String == "off")
            let before = try browser.value(look) as? String
            #expect(try browser.value(hide(false)) as? String == "on")
            // At once, not at the next beat.
            #expect(try eventually { try browser.value(look) as? String != before })
            #expect(receiver.stop() == 0)
            let isGone = try eventually {
                try browser.value("document.getElementById('state').textContent") as? String
                    == "✕ No connection"
            }
            #expect(isGone)
        }

        @Test func `without JavaScript the page says so and leads to the metrics`() throws {
            let receiver = try Receiver()
            let browser = try Browser()
            try browser.call("Emulation.setScriptExecutionDisabled", ["value": true])
            try browser.open("http://127.0.0.1:\(receiver.opsPort)/")
            func isSeen(_ selector: String) throws -> Bool {
                let document = try browser.call("DOM.getDocument")["root"] as? [String: Any]
                // The document may still change; what is not shown has no box.
                let found = try? browser.call(
                    "DOM.querySelector",
                    ["nodeId": document?["nodeId"] ?? 0, "selector": selector])
                return (try? browser.call("DOM.getBoxModel", ["nodeId": found?["nodeId"] ?? 0]))
                    != nil
            }
            #expect(try eventually { try isSeen(".notice a[href='/metrics']") })
            #expect(try !isSeen("main"))
            try browser.keepPicture("status-without-script")
        }

        @Test func `nothing but the page's own style and script may run`() throws {
            let receiver = try Receiver()
            let page = try receiver.ops("/")
            #expect(page.status == 200)
            let policy = try #require(
                page.head.split(separator: "\r\n")
                    .first { $0.hasPrefix("Content-Security-Policy: ") })
            for part in [
                "default-src 'none'", "connect-src 'self'", "frame-ancestors 'none'",
                "base-uri 'none'", "form-action 'none'",
            ] { #expect(policy.contains(part)) }
            #expect(!policy.contains("unsafe-"))
            #expect(page.head.contains("X-Content-Type-Options: nosniff"))
            for outside in ["http://", "https://", "//cdn"] {
                // The one exception is the name of SVG, which nobody asks for.
                let rest = page.body.replacing("http://www.w3.org/2000/svg", with: "")
                #expect(!rest.contains(outside))
            }
            let document = try receiver.ops("/status.json")
            #expect(document.head.contains("application/json"))
            for head in [page.head, document.head] {
                #expect(head.contains("Cache-Control: no-store"))
                #expect(head.contains("Referrer-Policy: no-referrer"))
            }
            // The page is no route of the webhook listener.
            let client = try RawClient(port: receiver.webhookPort)
            client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(client.response()?.status == 404)
        }
    }
}

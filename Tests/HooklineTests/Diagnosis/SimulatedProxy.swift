import Foundation
import TwilioSignature

@testable import Hookline

/// A proxy that does some things wrong, and what is configured behind it.
struct SimulatedProxy {
    /// What becomes of origin and `Host`, and how the receiver is told the origin.
    enum OriginDamage: CaseIterable {
        case none, tlsStripped, hostRewritten, portDropped, wrongScheme, wrongHost, allRewritten

        /// True when only one of scheme, host and port differs.
        var isSingle: Bool { self != .allRewritten }
    }

    enum TargetDamage: CaseIterable {
        case none, commonPrefixStripped, toldPrefixStripped, prefixAdded, slashRemoved, slashAdded
        case slashesMerged, queryAdded
        case lowerEscapes, upperEscapes, spacesToPlus, plusToSpaces, quotesEscaped, colonsEscaped
        case queryEncodedTwice
    }

    enum BodyDamage: CaseIterable {
        case none, endTrimmed, endAdded, lineFeeds, carriageReturns, latin1, windows1252, barePlus
        case emptyAdded, parameterAdded, encodedTwice, textTrimmed, entities, contentType
    }

    var origin = OriginDamage.none
    var target = TargetDamage.none
    var body = BodyDamage.none

    /// What the receiver is configured with, at first.
    func configuration(for call: SimulatedCall) -> Configuration {
        switch origin {
        case .none: .serving(call.origin)
        case .wrongScheme:
            .serving(
                call.origin.hasPrefix("https:")
                    ? "http" + call.origin.dropFirst(5) : "https" + call.origin.dropFirst(4))
        case .wrongHost:
            .serving(
                call.origin.replacing(/\/\/[^:]+/, with: "//wrong.example.org"))
        case .tlsStripped, .hostRewritten, .portDropped, .allRewritten: .fromHost
        }
    }

    /// The request as it arrives behind the proxy.
    func pass(_ call: SimulatedCall) throws -> SimulatedRequest {
        var request = try call.signed()
        let authority = request["Host"] ?? ""
        let port = authority.split(separator: ":").dropFirst().first.map(String.init)
        request["X-Forwarded-Proto"] =
            call.origin.hasPrefix("https:") && origin != .tlsStripped && origin != .allRewritten
            ? "https" : nil
        switch origin {
        case .hostRewritten, .allRewritten:
            let inner = origin == .hostRewritten ? port.map { ":" + $0 } ?? "" : ""
            request["Host"] = "10.0.0.9" + inner
            request["X-Forwarded-Host"] = authority
        case .portDropped:
            request["Host"] = String(authority.prefix { $0 != ":" })
            request["X-Forwarded-Port"] = port
        case .none, .tlsStripped, .wrongScheme, .wrongHost: break
        }
        damageTarget(&request)
        damageBody(&request)
        return request
    }

    private func damageTarget(_ request: inout SimulatedRequest) {
        let path = String(request.target.prefix { $0 != "?" })
        let query = String(request.target.dropFirst(path.count))
        switch target {
        case .none: break
        case .commonPrefixStripped:
            if path.hasPrefix("/twilio/") { request.target = String(path.dropFirst(7)) + query }
        case .toldPrefixStripped:
            if path.hasPrefix("/a/b/") {
                request.target = String(path.dropFirst(4)) + query
                request["X-Forwarded-Prefix"] = "/a/b"
            }
        case .prefixAdded: request.target = "/inside" + request.target
        case .slashRemoved:
            if path.count > 1, path.hasSuffix("/") { request.target = path.dropLast() + query }
        case .slashAdded:
            if !path.hasSuffix("/") { request.target = path + "/" + query }
        case .slashesMerged:
            if path.hasPrefix("//") { request.target = String(request.target.dropFirst()) }
        case .queryAdded: if query.isEmpty { request.target += "?from=proxy" }
        case .lowerEscapes: request.target = path + Self.recased(query) { $0.lowercased() }
        case .upperEscapes: request.target = path + Self.recased(query) { $0.uppercased() }
        case .spacesToPlus: request.target = path + query.replacing("%20", with: "+")
        case .plusToSpaces: request.target = path + query.replacing("+", with: "%20")
        case .quotesEscaped: request.target = path + query.replacing("'", with: "%27")
        case .colonsEscaped:
            request.target =
                path + query.replacing(":", with: "%3A").replacing("@", with: "%40")
        case .queryEncodedTwice: request.target = path + query.replacing("%", with: "%25")
        }
    }

    private static func recased(_ text: String, _ recase: (String) -> String) -> String {
        text.replacing(/%[0-9A-Fa-f]{2}/) { recase(String($0.output)) }
    }

    private func damageBody(_ request: inout SimulatedRequest) {
        switch body {
        case .none: break
        case .endTrimmed:
            while [0x0a, 0x0d, 0x20].contains(request.body.last) { request.body.removeLast() }
        case .endAdded: request.body += [0x0d, 0x0a]
        case .lineFeeds: rewrite(&request) { $0.replacing("\r\n", with: "\n") }
        case .carriageReturns:
            rewrite(&request) { $0.replacing("\r\n", with: "\n").replacing("\n", with: "\r\n") }
        case .latin1: rewrite(&request) { Self.misread($0, .isoLatin1) }
        case .windows1252: rewrite(&request) { Self.misread($0, .windowsCP1252) }
        case .barePlus:
            request.body = Array(
                String(decoding: request.body, as: UTF8.self).replacing("%2B", with: "+").utf8)
        case .emptyAdded: request.body += Array("&Added=".utf8)
        case .parameterAdded: request.body += Array("&Proxy=nginx".utf8)
        case .encodedTwice:
            request.body = Array(
                String(decoding: request.body, as: UTF8.self).replacing("%", with: "%25").utf8)
        case .textTrimmed:
            rewrite(&request) {
                $0.trimmingCharacters(in: CharacterSet(charactersIn: " \n"))
            }
        case .entities:
            rewrite(&request) { $0.replacing("&", with: "&amp;").replacing("<", with: "&lt;") }
        case .contentType:
            request.contentType =
                request.contentType == "application/json" ? nil : "application/json"
        }
    }

    /// Rewrites each value of a form, or a whole body that is none.
    private func rewrite(_ request: inout SimulatedRequest, _ change: (String) -> String) {
        guard request.contentType != "application/json" else {
            request.body = Array(change(String(decoding: request.body, as: UTF8.self)).utf8)
            return
        }
        guard let form = try? FormParameters(parsing: request.body, parametersMax: 100) else {
            return
        }
        var changed = FormBuilder()
        for (name, value) in form.decoded {
            changed.append(
                name: change(String(decoding: name, as: UTF8.self)).utf8,
                value: change(String(decoding: value, as: UTF8.self)).utf8)
        }
        request.body = changed.form.encoded
    }

    /// UTF-8 taken for another encoding, and written as UTF-8 again.
    private static func misread(_ text: String, _ encoding: String.Encoding) -> String {
        String(data: Data(text.utf8), encoding: encoding) ?? text
    }
}

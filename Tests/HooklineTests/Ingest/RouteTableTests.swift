import MicroHTTP
import Testing

@testable import Hookline

@Suite struct RouteTableTests {
    private let table = RouteTable(
        Route.builtIn + [Route(path: "/Hooks/One/", label: .custom)])

    private func place(
        _ target: String, _ method: HTTPMethod = .post, isSigned: Bool = true
    ) -> RouteTable.Place {
        var fields = HTTPFields()
        if isSigned { fields.append(name: "x-twilio-SIGNATURE".utf8, value: "s".utf8) }
        return table.place(
            of: HTTPRequest(
                method: method, target: Array(target.utf8), fields: fields, body: []))
    }

    @Test(arguments: [
        "/webhook/sms", "/webhook/sms/", "//webhook/sms", "/webhook//sms?x=1", "/Webhook/SMS",
        "/webhook/sms//?",
    ])
    func `a signed request finds its route in spite of slashes and capitals`(target: String) {
        for method in [HTTPMethod.post, .get] {
            let found = place(target, method)
            #expect(found.label == .sms && found.rejection == nil)
        }
        for method in [HTTPMethod.head, .other] {
            let found = place(target, method)
            #expect(found.label == .sms && found.rejection == .methodNotAllowed)
        }
    }

    @Test func `an unsigned request needs the very path, and POST`() {
        #expect(place("/webhook/sms", isSigned: false).rejection == nil)
        #expect(place("/webhook/sms", .get, isSigned: false).rejection == .methodNotAllowed)
        #expect(place("/webhook/sms/", isSigned: false).rejection == .notFound)
        #expect(place("/webhook/sms/", isSigned: false).label == .other)
    }

    @Test(arguments: ["/", "/webhook", "/webhook/sms/x", "/webhook/s/ms", "/webhook%2Fsms", "/x"])
    func `another path is no route`(target: String) {
        let found = place(target)
        #expect(found.label == .other && found.rejection == .notFound)
    }

    @Test func `a route is found as it was written too`() {
        #expect(place("/Hooks/One/").label == .custom)
        #expect(place("/hooks/one").label == .custom)
        #expect(place("/hooks/one", isSigned: false).rejection == .notFound)
    }
}

import Testing

@testable import TwilioAPI

@Suite struct APIAddressTests {
    @Test func `hosts are those of Twilio, with region and edge`() throws {
        func host(_ region: String?, _ edge: String?, _ product: APIProduct = .api) -> String? {
            APIAddress(region: region, edge: edge)?.origin(of: product)
        }
        #expect(host(nil, nil) == "https://api.twilio.com")
        #expect(host(nil, nil, .monitor) == "https://monitor.twilio.com")
        #expect(host("au1", nil) == "https://api.au1.twilio.com")
        #expect(host("ie1", "dublin", .messaging) == "https://messaging.dublin.ie1.twilio.com")
        #expect(host(nil, "sydney") == "https://api.sydney.us1.twilio.com")
        for word in ["", "a.b", "a/b", "A", "é", "@evil"] {
            #expect(host(word, nil) == nil && host("au1", word) == nil)
        }
    }

    @Test func `another server answers for every product`() throws {
        let address = try #require(APIAddress(url: "http://127.0.0.1:8080/base/"))
        for product in APIProduct.allCases {
            #expect(address.origin(of: product) == "http://127.0.0.1:8080/base")
        }
        for url in ["", "x", "ftp://a", "http://u:p@a/", "http://a/?b", "http://a/#b"] {
            #expect(APIAddress(url: url) == nil, "\(url)")
        }
    }
}

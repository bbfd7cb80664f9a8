import MicroHTTP
import Testing

@testable import Hookline

@Suite struct ForwardedFieldTests {
    private func field(_ lines: [String]) -> ForwardedField? {
        var fields = HTTPFields()
        for line in lines { fields.append(name: "Forwarded".utf8, value: line.utf8) }
        return ForwardedField(fields)
    }

    private func texts(_ lines: [String]) -> [[String?]]? {
        field(lines)?.elements.map { element in
            [element.caller, element.host, element.scheme].map { bytes in
                bytes.map { String(decoding: $0, as: UTF8.self) }
            }
        }
    }

    @Test func `elements, lines, quoted strings and names in any case are read`() {
        #expect(texts([]) == [])
        #expect(texts(["", ", ;,\t"]) == [])
        #expect(
            texts(["for=192.0.2.60;proto=http;by=203.0.113.43"]) == [["192.0.2.60", nil, "http"]])
        #expect(
            texts([#"For="[2001:db8:cafe::17]:4711";HOST="h:8443" ; Proto=HTTPS"#])
                == [["[2001:db8:cafe::17]:4711", "h:8443", "HTTPS"]])
        #expect(
            texts(["for=a, for=b;;host=h,", "proto=https"])
                == [["a", nil, nil], ["b", "h", nil], [nil, nil, "https"]])
        #expect(texts([#"host="a\"b,c;d\\""#]) == [[nil, #"a"b,c;d\"#, nil]])
        #expect(texts(["host=h:8443;for=[::1]"]) == [["[::1]", "h:8443", nil]])
        #expect(texts(["by=unknown"]) == [[nil, nil, nil]])
    }

    @Test(arguments: [
        "for", "for=", "=a", "for=a=b", "for a=b", "for=a b", #"host="a"#, #"host="a\"#,
        #"host="a"b"#, #"host=a"b""#, #""a"=b"#, "for=a;for=b", "host=a;HOST=b",
        "proto=http;proto=http",
    ])
    func `one fault makes the whole field unreadable`(line: String) {
        #expect(field([line]) == nil)
        #expect(field(["for=a, " + line]) == nil)
        #expect(field(["for=a", line]) == nil)
    }

    @Test func `lists ignore empty members and join lines`() {
        var fields = HTTPFields()
        for value in ["a, b", "", " ,\t,", "c\t"] {
            fields.append(name: "X-Forwarded-HOST".utf8, value: value.utf8)
        }
        let members = FieldList.members(of: "x-forwarded-host", in: fields)
        #expect(members.map { String(decoding: $0, as: UTF8.self) } == ["a", "b", "c"])
        #expect(FieldList.members(of: "x-forwarded-proto", in: fields).isEmpty)
    }
}

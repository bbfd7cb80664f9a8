import Foundation
import TestSupport
import Testing

/// The main journey: receive, prove, store, answer, forward.
extension EndToEnd {
    @Suite struct JourneyTests {
        @Test(arguments: ["/webhook/whatsapp", "/webhook/whatsapp-optimized"])
        func `R3 X8 an application on Twilio's own library accepts what is forwarded`(
            path: String
        ) throws {
            let folder = try TemporaryFolder()
            let application = try ChildProcess(
                Repository.python,
                [Repository.application("twilio_application.py"), Receiver.token],
                output: folder.path("output"))
            var port = ""
            #expect(
                eventually {
                    let lines = folder.text("output").split(separator: "\n")
                    port = lines.first.map { String($0.dropFirst(5)) } ?? ""
                    return !port.isEmpty
                }, "\(application.exitStatus ?? 0)")
            let receiver = try Receiver(
                ["--forward-to", "http://127.0.0.1:\(port)/hooks?tenant=7"])
            let sent = try receiver.send(100, path: path)
            #expect(sent.status == 0, "\(sent.output)")
            #expect(sent.output.contains("100 × 200 text/xml"))
            #expect(
                eventually {
                    folder.text("output").split(separator: "\n").count == 101
                })
            let verdicts = folder.text("output").split(separator: "\n").dropFirst()
            #expect(verdicts.allSatisfy { $0.hasPrefix("accepted SM") })
            #expect(Set(verdicts).count == 100)
            let route = path.hasSuffix("optimized") ? "whatsapp_optimized" : "whatsapp"
            #expect(
                try eventually {
                    try receiver.metrics()[
                        #"delivery_attempts_total{priority="normal",result="success"}"#] == 100
                })
            #expect(try eventually { try receiver.metrics().sum("queue_depth") == 0 })
            let metrics = try receiver.metrics(afterReplies: 100)
            let series = #"{route="\#(route)",outcome="accepted"}"#
            #expect(metrics["webhook_duration_seconds_count" + series] == 100)
            #expect(metrics[#"validations_total{result="valid"}"#] == 100)
            #expect(metrics.sum("validations_total") == 100)
            #expect(metrics["webhook_receipt_duration_seconds_count"] == 100)
            #expect(metrics.sum("errors_total") == 0)
            #expect(receiver.stop() == 0)
        }
    }
}

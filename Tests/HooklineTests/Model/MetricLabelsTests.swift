import Testing

@testable import Hookline

/// What outcomes count as.
@Suite struct MetricLabelsTests {
    @Test func `a sender that leaves is a failure of ours only if it may have been Twilio`() {
        let stays = WebhookOutcome.allCases.filter { $0.withoutItsReply == $0 }
        #expect(stays == [.refused, .malformed, .aborted])
        let failed = WebhookOutcome.allCases.filter { $0.withoutItsReply != $0 }
        #expect(failed.allSatisfy { $0.withoutItsReply == .aborted })
    }
}

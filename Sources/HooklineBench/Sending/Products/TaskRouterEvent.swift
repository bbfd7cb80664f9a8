import Hookline
import POSIX

/// A workspace's event callback of TaskRouter
/// (https://www.twilio.com/docs/taskrouter/api/event/reference).
///
/// `Sid` and `TimestampMs` are in none of Twilio's tables; they are in events that were captured.
enum TaskRouterEvent {
    /// A task that was added to a workspace.
    static func webhook(_ options: TestMessageOptions) -> TestWebhook {
        let now = WallClock.nowMilliseconds()
        let task = RandomID.sid("WT")
        return TestWebhook(form: [
            ("EventType", "task.created"), ("AccountSid", options.accountSID),
            ("WorkspaceSid", RandomID.sid("WS")), ("WorkspaceName", "Support"),
            ("EventDescription", "Task \(task) created"), ("ResourceType", "task"),
            ("ResourceSid", task), ("Timestamp", String(now / 1000)), ("TaskSid", task),
            ("TaskAttributes", #"{"language":"en"}"#), ("TaskAge", "0"), ("TaskPriority", "0"),
            ("TaskAssignmentStatus", "pending"), ("WorkflowSid", RandomID.sid("WW")),
            ("Sid", RandomID.sid("EV")), ("TimestampMs", String(now)),
        ])
    }
}

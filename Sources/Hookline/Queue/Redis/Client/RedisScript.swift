import OpenSSL
import POSIX
import Redis

/// A Lua script: Redis runs it as one step, and what it has written stays when it fails half-way
/// (measured: a failing second command left the first one's key). So each script writes first
/// what may be refused.
struct RedisScript: Sendable {
    private let text: [UInt8]
    private let sha: [UInt8]

    init(_ text: String) {
        self.text = Array(text.utf8)
        sha = Hexadecimal.bytes(SHA1.digest(self.text))
    }

    /// Puts the script into Redis's cache of scripts.
    var load: RedisCommand { RedisCommand("SCRIPT", "LOAD").with(text) }

    /// Runs the script by its hash, or as a whole when the cache does not know it.
    func command(
        keys: [[UInt8]], arguments: [[UInt8]], asWhole: Bool = false
    ) -> RedisCommand {
        let head =
            asWhole
            ? RedisCommand("EVAL").with(text) : RedisCommand("EVALSHA").with(sha)
        return RedisCommand(head.with(keys.count).arguments + keys + arguments)
    }

    /// A request that runs the script; when the cache has lost it, it is sent again as a whole,
    /// within the same deadline.
    func request(
        on link: RedisClient, keys: [[UInt8]], arguments: [[UInt8]], deadlineNanoseconds: UInt64,
        needsReplicas: Bool = false, completion: @escaping @Sendable (RedisOutcome) -> Void
    ) -> RedisRequest {
        RedisRequest(
            command: command(keys: keys, arguments: arguments),
            deadlineNanoseconds: deadlineNanoseconds, needsReplicas: needsReplicas
        ) { [self] outcome in
            guard case .reply(.error(let error)) = outcome, error.kind == .noScript else {
                return completion(outcome)
            }
            link.send(
                RedisRequest(
                    command: command(keys: keys, arguments: arguments, asWhole: true),
                    deadlineNanoseconds: deadlineNanoseconds, needsReplicas: needsReplicas,
                    completion: completion))
        }
    }
}

extension RedisClient {
    /// Sends a command and waits for what became of it, until the deadline. Never on an event
    /// loop, and never on the link's own thread.
    func ask(_ command: RedisCommand, deadlineNanoseconds: UInt64, blockNanoseconds: UInt64 = 0)
        -> RedisOutcome
    {
        let answer = Promise<RedisOutcome>()
        send(
            RedisRequest(
                command: command, deadlineNanoseconds: deadlineNanoseconds,
                blockNanoseconds: blockNanoseconds, completion: { answer.set($0) }))
        return answer.wait()
    }

    /// Runs a script and waits for what became of it, until the deadline; see `ask`.
    func run(
        _ script: RedisScript, keys: [[UInt8]], arguments: [[UInt8]], deadlineNanoseconds: UInt64
    ) -> RedisOutcome {
        let answer = Promise<RedisOutcome>()
        send(
            script.request(
                on: self, keys: keys, arguments: arguments,
                deadlineNanoseconds: deadlineNanoseconds, completion: { answer.set($0) }))
        return answer.wait()
    }
}

import Redis

/// Why the last attempt of an entry failed, as three more of its fields.
enum RedisFailureNote {
    /// Puts a failure into an entry's fields: `note(fields, at)` takes it from three arguments,
    /// the first of which is empty when there is none.
    static let script = """
        local function note(fields, first)
            if not ARGV[first] or ARGV[first] == '' then return end
            for offset, name in ipairs({'failed', 'failed_status', 'failure'}) do
                local place = #fields + 1
                for at = 1, #fields, 2 do
                    if fields[at] == name then place = at end
                end
                fields[place], fields[place + 1] = name, ARGV[first + offset - 1]
            end
        end

        """
}

extension StreamEntry {
    /// A failure as the scripts take it, dated by the wall clock: other machines read it.
    static func values(_ failure: AttemptFailure?, _ clock: StoreClock) -> [[UInt8]] {
        guard let failure else { return [[], [], []] }
        return [
            text(clock.wallMilliseconds(at: failure.milliseconds)),
            failure.status.map { text($0) } ?? [],
            Array(failure.text.utf8),
        ]
    }

    /// The failure that an entry's fields hold; nil when none of its attempts has failed.
    static func failure(_ fields: [String: RedisReply]) -> AttemptFailure? {
        guard let milliseconds = fields["failed"]?.integer, let text = fields["failure"]?.text
        else { return nil }
        return AttemptFailure(
            milliseconds: milliseconds, status: fields["failed_status"]?.integer.map { Int($0) },
            text: text)
    }
}

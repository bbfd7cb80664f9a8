/// How much help lists: what matters at first, or everything.
enum HelpScope {
    /// The flag that asks for every setting.
    static let flag = "--help-all"

    /// True for `--help-all`, and for what shells and the manual page are made from.
    static let listsEverything = CommandLine.arguments.contains { argument in
        [flag, "--generate-completion-script", "--experimental-dump-help"].contains {
            argument.hasPrefix($0)
        }
    }

    /// The settings that `--help` lists; the others come with `--help-all`.
    static let first: Set = [
        "listen", "ops-listen", "public-url", "trusted-proxies", "origin-from-host",
        "tokens-file", "tokens-command", "dev", "forward-to", "forward-timeout",
        "forward-concurrency", "retry-window", "data-dir", "queue", "redis",
        "redis-password-file", "dedupe-retention", "quarantine-retention", "log-format",
        "log-level",
    ]

    /// The arguments for the parser, which knows one kind of help.
    static func arguments(_ given: some Sequence<String>) -> [String] {
        given.map { $0 == flag ? "--help" : $0 }
    }
}

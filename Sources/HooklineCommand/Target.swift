import ArgumentParser

/// Where `send` and `bench` post: an argument, or the value of `--to`.
enum Target {
    /// The one that was given; wrong usage when none or both were.
    static func one(of argument: String?, _ option: String?) throws -> String {
        switch (argument, option) {
        case (let url?, nil), (nil, let url?): return url
        case (nil, nil):
            throw ValidationError(
                "say where to post, for example http://127.0.0.1:8080/webhook/whatsapp")
        case (_?, _?): throw ValidationError("give the URL once: as an argument or with --to")
        }
    }
}

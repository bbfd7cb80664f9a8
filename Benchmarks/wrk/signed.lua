-- Posts the signed webhooks of the file $MESSAGES, each once, shared out among wrk's threads.
-- Prints one line at the end: requests, other statuses, time-outs, other errors, longest (s),
-- requests a second, and the 50th, 95th and 99th percentile (s).

local threads = 0

function setup(thread)
    thread:set("number", threads)
    threads = threads + 1
end

function init()
    requests = {}
    local line_number = 0
    for line in io.lines(os.getenv("MESSAGES")) do
        if line_number % tonumber(os.getenv("THREADS")) == number then
            local signature, body = line:match("^(%S+)\t(.*)$")
            requests[#requests + 1] = wrk.format("POST", nil, {
                ["Content-Type"] = "application/x-www-form-urlencoded",
                ["X-Twilio-Signature"] = signature,
                ["Host"] = os.getenv("SIGNED_HOST"),
            }, body)
        end
        line_number = line_number + 1
    end
    position = 0
end

-- With $DELAY_MS each connection waits so long between a reply and its next request.
if os.getenv("DELAY_MS") then
    function delay() return tonumber(os.getenv("DELAY_MS")) end
end

function request()
    position = position % #requests + 1
    return requests[position]
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format("%d %d %d %d %.6f %.1f %.6f %.6f %.6f\n",
        summary.requests, errors.status, errors.timeout,
        errors.connect + errors.read + errors.write, latency.max / 1e6,
        summary.requests / (summary.duration / 1e6),
        latency:percentile(50) / 1e6, latency:percentile(95) / 1e6, latency:percentile(99) / 1e6))
end

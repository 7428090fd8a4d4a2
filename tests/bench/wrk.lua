-- The load of web.py. Its argument is the page; # in it is another number from 1 to 999 in each request.
local target

init = function(arguments)
    target = arguments[1]
end

request = function()
    return wrk.format("GET", (target:gsub("#", tostring(math.random(999)))))
end

-- Said at the end of a load, requests, those that were not answered with 200, and microseconds.
done = function(summary, latency, requests)
    local errors = summary.errors
    local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
    io.write(string.format("measured %d %d %d %d\n", summary.requests, failed, latency:percentile(50), latency:percentile(99)))
end

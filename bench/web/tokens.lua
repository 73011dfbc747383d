-- Sends the access tokens of a file, one a line, in turns. At the end it writes what wrk has counted as one line of JSON.
-- Usage: wrk -s tokens.lua URL -- FILE
local requests = {}
local at = 0

function init(args)
  for token in io.lines(args[1]) do
    requests[#requests + 1] = wrk.format("GET", "/", { Host = wrk.host, Authorization = "Bearer " .. token })
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format('\n{"requests":%d,"us":%d,"failed":%d}\n', summary.requests, summary.duration, failed))
end

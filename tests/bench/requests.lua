-- Sends requests that were made and signed beforehand, each of them once: every thread reads its own slice of the file.
local threads = {}

function setup(thread)
  thread:set("place", #threads)
  table.insert(threads, thread)
end

function init(args)
  local path, each = args[1], tonumber(args[3])
  size, left = tonumber(args[2]), each
  file = assert(io.open(path, "rb"))
  file:seek("set", place * each * size)
end

function request()
  -- Nothing is sent twice. A connection that gets nothing to send stays silent, and the figure is thrown away.
  if left == 0 then return "" end
  left = left - 1
  return file:read(size)
end

function done(summary, latency)
  local least = math.huge
  for _, thread in ipairs(threads) do least = math.min(least, thread:get("left")) end
  local errors = summary.errors
  print(string.format("RESULT %d %d %d %d %d %d", summary.requests, summary.duration, latency:percentile(50),
    latency:percentile(99), errors.connect + errors.read + errors.write + errors.status + errors.timeout, least))
end

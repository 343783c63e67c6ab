-- What `wrk` sends, and its figures as one line of JSON. Arguments: the method, the body, and the header whose value is
-- another one with every request, if there is one.

local number, thread_number = 0, 0

function setup(thread)
  thread_number = thread_number + 1
  thread:set("thread_name", tostring(thread_number))
end

function init(arguments)
  wrk.method, wrk.body, fresh = arguments[1], arguments[2], arguments[3]
  if wrk.body == "" then wrk.body = nil end
  if fresh == "" then fresh = nil end
  started = tostring(os.time())
end

function request()
  number = number + 1
  local headers = {}
  for name, value in pairs(wrk.headers) do headers[name] = value end
  if fresh then headers[fresh] = started .. "-" .. thread_name .. "-" .. number end
  return wrk.format(wrk.method, wrk.path, headers, wrk.body)
end

function done(summary, latency, requests)
  local failed = summary.errors.status + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format(
    '{"requests": %d, "failed": %d, "seconds": %.3f, "p50": %.3f, "p95": %.3f, "p99": %.3f}\n',
    summary.requests, failed, summary.duration / 1e6,
    latency:percentile(50) / 1e3, latency:percentile(95) / 1e3, latency:percentile(99) / 1e3))
end

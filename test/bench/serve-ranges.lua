-- Random 64 KiB ranges for wrk; prints one line of JSON at the end.
local size = tonumber(os.getenv("SLUICE_BENCH_SIZE"))
local length = 65536
math.randomseed(1)
request = function()
  local start = math.random(0, size - length)
  return wrk.format("GET", nil, { ["Range"] = "bytes=" .. start .. "-" .. (start + length - 1) })
end
done = function(summary, latency)
  local errors = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.status + summary.errors.timeout
  print(string.format('{"requests":%d,"us":%d,"p99":%f,"errors":%d,"bytes":%d}', summary.requests, summary.duration, latency:percentile(99) / 1000, errors, summary.bytes))
end

-- wrk: completes the external tasks of the file BENCH_TASKS, one per request, then stops.
local ids = {}
local next_id = 0 -- wrk calls request() once before it starts, to look at it
local body = os.getenv("BENCH_BODY")
local headers = {
  ["Content-Type"] = "application/json",
  ["Authorization"] = os.getenv("BENCH_AUTHORIZATION"),
}
for id in io.lines(os.getenv("BENCH_TASKS")) do ids[#ids + 1] = id end

function request()
  local id = ids[math.max(next_id, 1)]
  if id == nil then
    wrk.thread:stop()
    id = ids[#ids]
  end
  next_id = next_id + 1
  return wrk.format("POST", "/engine-rest/external-task/" .. id .. "/complete", headers, body)
end

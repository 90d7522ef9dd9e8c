-- Spends an assertion and, where there is one, the request that it answers: both or nothing.
--
-- KEYS: what is spent of this kind; then what is spent of every other kind, for the request.
-- Sorted sets: digests by the instant from which they are over.
-- ARGV: the digest of the assertion; that of the request, or nothing; from when both are over; now;
-- all in milliseconds of the caller's clock; for how long the key has to be kept; how many there is
-- room for.
local spent = KEYS[1]
local assertion, request, over, now, keep, room = unpack(ARGV)
-- No digest is so short.
local mark = 'over'

-- What is over is forgotten. What ends no later than the last that was forgotten may have been
-- among it, if a clock has gone backwards.
local last = redis.call('ZREVRANGEBYSCORE', spent, now, '-inf', 'WITHSCORES', 'LIMIT', 0, 1)
if last[1] and last[1] ~= mark then
  local left = redis.call('PTTL', spent)
  redis.call('ZREMRANGEBYSCORE', spent, '-inf', now)
  redis.call('ZADD', spent, last[2], mark)
  if left >= 0 then
    redis.call('PEXPIRE', spent, math.max(left, 1))
  end
end
local forgotten = redis.call('ZSCORE', spent, mark)
if forgotten and tonumber(over) <= tonumber(forgotten) then
  return 'clock_went_back'
end

local function is_known(key, digest)
  local until_then = redis.call('ZSCORE', key, digest)
  return until_then and tonumber(until_then) > tonumber(now)
end
if is_known(spent, assertion) then
  return 'assertion_seen'
end
local needed = 1
if request ~= '' then
  needed = 2
  for _, key in ipairs(KEYS) do
    if is_known(key, request) then
      return 'request_seen'
    end
  end
end

local taken = redis.call('ZCARD', spent) - (forgotten and 1 or 0)
if taken + needed > tonumber(room) then
  return 'full'
end
redis.call('ZADD', spent, over, assertion)
if request ~= '' then
  redis.call('ZADD', spent, over, request)
end
if redis.call('PTTL', spent) < tonumber(keep) then
  redis.call('PEXPIRE', spent, keep)
end
return 'fresh'

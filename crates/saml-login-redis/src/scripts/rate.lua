-- Counts one, if there is room; or gives the place of the latest one back.
--
-- KEYS: what each has taken, a hash by digest of the instants that count, 12 bytes each, the
-- earliest first; in which order they were asked about, a sorted set of the same digests.
-- ARGV: whose; `take` or `give_back`; now; from when on instants count, exclusively; so many may be
-- taken; so many digests there is room for; for how long the keys have to be kept, in milliseconds.
local taken, order = KEYS[1], KEYS[2]
local whose, act, now, from, most, room, keep = unpack(ARGV)
local SIZE = 12

-- Numbers are compared, and not texts: how texts compare depends on the server's locale.
local function is_later(a, at, b)
  local a1, a2, a3 = struct.unpack('>I4I4I4', a, at)
  local b1, b2, b3 = struct.unpack('>I4I4I4', b)
  if a1 ~= b1 then return a1 > b1 end
  if a2 ~= b2 then return a2 > b2 end
  return a3 > b3
end

-- Whoever was asked about longest ago makes room.
if not redis.call('ZSCORE', order, whose) and redis.call('ZCARD', order) >= tonumber(room) then
  redis.call('HDEL', taken, redis.call('ZPOPMIN', order)[1])
end
local latest = redis.call('ZREVRANGE', order, 0, 0, 'WITHSCORES')[2]
redis.call('ZADD', order, tonumber(latest or 0) + 1, whose)

-- What is over does not count, nor what a clock that was ahead has counted.
local before = redis.call('HGET', taken, whose) or ''
local first, last = 1, #before - SIZE + 1
while first <= last and is_later(before, last, now) do last = last - SIZE end
while first <= last and not is_later(before, first, from) do first = first + SIZE end

local wait = false
local instants = string.sub(before, first, last + SIZE - 1)
if act == 'give_back' then
  instants = string.sub(instants, 1, -SIZE - 1)
elseif #instants >= tonumber(most) * SIZE then
  wait = string.sub(instants, 1, SIZE)
else
  instants = instants .. now
end
if instants == '' then
  redis.call('HDEL', taken, whose)
elseif instants ~= before then
  redis.call('HSET', taken, whose, instants)
end
redis.call('PEXPIRE', taken, keep)
redis.call('PEXPIRE', order, keep)
return wait

-- Remembers a request.
--
-- KEYS: the request; which requests of its connection wait, a sorted set of digests of cookies by
-- the instant at which they expire.
-- ARGV: what is remembered; the digest of the cookie; when it expires; now; in milliseconds of the
-- caller's clock; for how long the keys have to be kept; how many there is room for.
local request, waiting = KEYS[1], KEYS[2]
local record, cookie, expires, now, keep, room = unpack(ARGV)

redis.call('ZREMRANGEBYSCORE', waiting, '-inf', now)
if redis.call('ZSCORE', waiting, cookie) or redis.call('EXISTS', request) == 1 then
  return 'known'
end
if redis.call('ZCARD', waiting) >= tonumber(room) then
  return 'full'
end
redis.call('SET', request, record, 'PX', keep)
redis.call('ZADD', waiting, expires, cookie)
if redis.call('PTTL', waiting) < tonumber(keep) then
  redis.call('PEXPIRE', waiting, keep)
end
return 'remembered'

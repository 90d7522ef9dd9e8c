-- Counts a request among those of all connections: how many there were before.
--
-- KEYS: which requests wait, a sorted set of digests of cookies by the instant at which they expire.
-- ARGV: the digest of the cookie; when it expires; now; in milliseconds of the caller's clock; for
-- how long the key has to be kept.
local waiting = KEYS[1]
local cookie, expires, now, keep = unpack(ARGV)

redis.call('ZREMRANGEBYSCORE', waiting, '-inf', now)
local before = redis.call('ZCARD', waiting)
redis.call('ZADD', waiting, expires, cookie)
if redis.call('PTTL', waiting) < tonumber(keep) then
  redis.call('PEXPIRE', waiting, keep)
end
return before

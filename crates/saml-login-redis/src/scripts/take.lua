-- Gives a request, and forgets it.
--
-- KEYS: the request; which requests of its connection wait.
-- ARGV: the digest of the cookie.
local record = redis.call('GET', KEYS[1])
if record then
  redis.call('DEL', KEYS[1])
  redis.call('ZREM', KEYS[2], ARGV[1])
end
return record

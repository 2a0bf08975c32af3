"""Redis scripts: the steps of the Redis store, each of which is done as a whole.

Keys are a session, the list of what runs in its bucket by the end of the newest call, and the list
of ends there that are claimed by the time of the claim; `HOLD` has only the last of them.
"""

from otel_sessions.stores import FIRST_TURNS, LAST_TURNS
from otel_sessions.stores.backends import TOKEN_BYTES

_LUA = f"""
local function state(key, seen, known, now, n)
  if seen == now then return {{}}, '' end
  local from = known <= n and known or 1
  local turns = {{}}
  for i = math.max(1, from), n do
    if i <= {FIRST_TURNS} or i > n - {LAST_TURNS} then
      local data = redis.call('HGET', key, 't' .. i)
      if data then
        turns[#turns + 1] = i
        turns[#turns + 1] = string.sub(data, {TOKEN_BYTES + 1})
      end
    end
  end
  return turns, redis.call('HGET', key, 'note') or ''
end
local function text(number) return string.format('%.0f', number) end
local function read(key)
  local h = redis.call('HMGET', key, 'v', 'n', 'key', 'run', 'end')
  return tonumber(h[1]) or 0, tonumber(h[2]) or 0, h[3], h[4], tonumber(h[5]) or 0
end
"""

APPEND = (
    _LUA
    + f"""
local id, key, token, fresh, joined = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local seen, known = tonumber(ARGV[6]), tonumber(ARGV[7])
local v, n, newest, run, ended = read(KEYS[1])
local turns, note = {{}}, ''
local opened = ''
local same = false
if v == 0 then
  opened = 'new'
  n = known
  v = tonumber(ARGV[13])
else
  turns, note = state(KEYS[1], seen, known, v, n)
  if ARGV[11] == '1' then
    for i = n, 1, -1 do
      local data = redis.call('HGET', KEYS[1], 't' .. i)
      if data and string.sub(data, 1, {TOKEN_BYTES}) == token then
        return {{1, text(v), n, '', turns, note}}
      end
    end
  end
  same = newest == key
  if seen ~= v and (same or ARGV[10] == '1') then
    return {{0, text(v), n, '', turns, note}}
  end
  if run ~= '1' then opened = 'reopened' end
end
local data = fresh
if same then
  if joined ~= '' then data = joined end
else
  n = n + 1
  local old = n - {LAST_TURNS}
  if old > {FIRST_TURNS} then redis.call('HDEL', KEYS[1], 't' .. old) end
end
v = v + 1
ended = math.max(ended, tonumber(ARGV[9]))
redis.call('HSET', KEYS[1], 'v', text(v), 'n', n, 'key', key, 'run', '1',
  'end', string.format('%.6f', ended), 't' .. n, token .. data)
if ARGV[8] ~= '' then redis.call('HSET', KEYS[1], 'note', ARGV[8]) end
redis.call('PEXPIRE', KEYS[1], ARGV[12])
redis.call('ZADD', KEYS[2], string.format('%.6f', ended), id)
redis.call('PEXPIRE', KEYS[2], ARGV[12])
return {{1, text(v), n, opened, turns, note}}
"""
)

LOOK = (
    _LUA
    + """
local v, n = read(KEYS[1])
if v == 0 or v == tonumber(ARGV[1]) then return false end
local turns, note = state(KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]), v, n)
return {1, text(v), n, '', turns, note}
"""
)

END = (
    _LUA
    + """
local v, n, newest, run, ended = read(KEYS[1])
if v == 0 then redis.call('ZREM', KEYS[2], ARGV[1]) end
if run ~= '1' or (ARGV[4] ~= '' and ended >= tonumber(ARGV[4])) then return false end
local turns = state(KEYS[1], tonumber(ARGV[2]), tonumber(ARGV[3]), v, n)
redis.call('HSET', KEYS[1], 'run', '0')
redis.call('ZREM', KEYS[2], ARGV[1])
if ARGV[5] ~= '' then
  redis.call('ZADD', KEYS[3], ARGV[6], ARGV[5])
  redis.call('PEXPIRE', KEYS[3], ARGV[7])
end
return {1, text(v), n, '', turns, redis.call('HGET', KEYS[1], 'note') or ''}
"""
)

TAKE_OVER = (
    _LUA
    + """
local v, n = read(KEYS[1])
if redis.call('ZREM', KEYS[3], ARGV[3]) == 0 or v == 0 then return false end
redis.call('ZADD', KEYS[3], ARGV[5], ARGV[4])
redis.call('PEXPIRE', KEYS[3], ARGV[6])
local turns = state(KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]), v, n)
return {1, text(v), n, '', turns, redis.call('HGET', KEYS[1], 'note') or ''}
"""
)

HOLD = """
local held = {}
for i = 3, #ARGV do
  if redis.call('ZSCORE', KEYS[1], ARGV[i]) then
    redis.call('ZADD', KEYS[1], ARGV[1], ARGV[i])
    redis.call('PEXPIRE', KEYS[1], ARGV[2])
    held[#held + 1] = ARGV[i]
  end
end
return held
"""

ALL = (APPEND, LOOK, END, TAKE_OVER, HOLD)

"""Redis store: turns in Redis or Valkey, for the processes of many machines.

`redis://host:6379/0`, `rediss://` with TLS, `redis+cluster://` and `rediss+cluster://` for a
cluster of which the URL names one node. Each step is one script. Sessions are spread over 16
buckets, each of which lies on one node of a cluster, with the list of what runs in it. A session is
one key with a time to live, so it is evicted as a whole or not at all. Needs the extra `redis`.
Source: https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/ (hash tags)
"""

import secrets
from collections.abc import Callable
from hashlib import blake2b
from typing import Any

from otel_sessions.errors import ConfigError
from otel_sessions.stores import FIRST_TURNS, LAST_TURNS, Store, StoreOptions, without_password
from otel_sessions.stores.backends import Addition, State
from otel_sessions.stores.shared import SharedStore

TIMEOUT_S = 0.25
"""The longest wait for a connection and for an answer."""
BUCKETS = 16
_TAKEN_AT_ONCE = 100
"""Of one bucket."""
_FIRST_VERSION_BITS = 40
_TOKEN_BYTES = 8

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
        turns[#turns + 1] = string.sub(data, {_TOKEN_BYTES + 1})
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

_APPEND = (
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
      if data and string.sub(data, 1, {_TOKEN_BYTES}) == token then
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

_LOOK = (
    _LUA
    + """
local v, n = read(KEYS[1])
if v == 0 or v == tonumber(ARGV[1]) then return false end
local turns, note = state(KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]), v, n)
return {1, text(v), n, '', turns, note}
"""
)

_END = (
    _LUA
    + """
local v, n, newest, run, ended = read(KEYS[1])
if v == 0 then redis.call('ZREM', KEYS[2], ARGV[1]) end
if run ~= '1' or (ARGV[4] ~= '' and ended >= tonumber(ARGV[4])) then return false end
local turns = state(KEYS[1], tonumber(ARGV[2]), tonumber(ARGV[3]), v, n)
redis.call('HSET', KEYS[1], 'run', '0')
redis.call('ZREM', KEYS[2], ARGV[1])
return {1, text(v), n, '', turns, redis.call('HGET', KEYS[1], 'note') or ''}
"""
)


class RedisBackend:
    """Keeps the promises of `Backend` in Redis."""

    def __init__(self, url: str, options: StoreOptions) -> None:
        """Check the URL; nothing is connected before it is needed.

        Raises:
            ConfigError: the package `redis` is missing, or the URL is malformed.

        """
        self._connect = _connector(url)
        self._prefix = f"otel-sessions:1:{options.tenant}:"
        self._ttl_ms = round(options.ttl_s * 1000)
        self._client: Any = None
        self._scripts: dict[str, Any] = {}

    def append(self, addition: Addition) -> State:
        """Append a turn; see `Backend`."""
        session_id = addition.session_id
        answer = self._run(
            _APPEND,
            session_id,
            session_id,
            addition.key,
            addition.token,
            addition.fresh,
            addition.joined or b"",
            addition.version,
            addition.number,
            addition.note,
            f"{addition.ended_s:.6f}",
            int(addition.alone),
            int(addition.again),
            self._ttl_ms,
            secrets.randbits(_FIRST_VERSION_BITS),
        )
        return _state(answer)

    def look(self, session_id: bytes, version: int, number: int) -> State | None:
        """Tell what is new; see `Backend`."""
        answer = self._run(_LOOK, session_id, version, number)
        return _state(answer) if answer else None

    def idle(self, before_s: float) -> list[bytes]:
        """Name silent sessions; see `Backend`."""
        client, found = self._connected(), []
        for bucket in range(BUCKETS):
            key = self._bucket(bucket) + b"idle"
            found += client.zrangebyscore(
                key, "-inf", f"({before_s:.6f}", start=0, num=_TAKEN_AT_ONCE
            )
        return found

    def end(
        self, session_id: bytes, version: int, number: int, before_s: float | None
    ) -> State | None:
        """End a session; see `Backend`."""
        before = "" if before_s is None else f"{before_s:.6f}"
        answer = self._run(_END, session_id, session_id, version, number, before)
        return _state(answer) if answer else None

    def point(self, places: list[bytes], session_id: bytes) -> None:
        """Say where places lead; see `Backend`."""
        pipeline = self._connected().pipeline(transaction=False)
        for place in places:
            pipeline.set(self._place(place), session_id, px=self._ttl_ms)
        pipeline.execute()

    def find(self, places: list[bytes]) -> list[bytes]:
        """Look places up; see `Backend`."""
        pipeline = self._connected().pipeline(transaction=False)
        for place in places:
            pipeline.get(self._place(place))
        return [each for each in pipeline.execute() if each is not None]

    def after_fork(self) -> None:
        """Connect anew; see `Backend`."""
        self._client, self._scripts = None, {}

    def close(self) -> None:
        """Close connections; see `Backend`."""
        client = self._client
        self.after_fork()
        if client is not None:
            client.close()

    def _connected(self) -> Any:  # noqa: ANN401 - of a package that may not be there
        if self._client is None:
            self._client = self._connect()
            self._scripts = {
                each: self._client.register_script(each) for each in (_APPEND, _LOOK, _END)
            }
        return self._client

    def _run(self, script: str, session_id: bytes, *arguments: object) -> Any:  # noqa: ANN401
        self._connected()
        head = self._bucket(blake2b(session_id, digest_size=1).digest()[0] % BUCKETS)
        keys = [head + b"s:" + session_id, head + b"idle"]
        return self._scripts[script](keys=keys, args=arguments)

    def _bucket(self, bucket: int) -> bytes:
        return f"{self._prefix}{{{bucket:x}}}:".encode()

    def _place(self, place: bytes) -> str:
        return f"{self._prefix}place:{place.hex()}"


def open_redis(url: str, options: StoreOptions) -> Store:
    """Open the store; nothing is connected yet."""
    return SharedStore(RedisBackend(url, options), options)


def _state(answer: list[Any]) -> State:
    done, version, number, opened, turns, note = answer
    pairs = zip(turns[::2], turns[1::2], strict=True)
    return State(bool(done), int(version), number, opened.decode() or None, tuple(pairs), note)


def _connector(url: str) -> Callable[[], Any]:
    """Make what opens a client with short time limits and without tries of its own."""
    try:
        import redis  # noqa: PLC0415 - only where this store is chosen
        from redis.backoff import NoBackoff  # noqa: PLC0415
        from redis.retry import Retry  # noqa: PLC0415
    except ImportError:
        message = "store: the package 'redis' is missing: pip install 'otel-sessions[redis]'"
        raise ConfigError(message) from None
    scheme, _, rest = url.partition("://")
    cluster = scheme.endswith("+cluster")
    plain = f"{scheme.removesuffix('+cluster')}://{rest}"
    options: dict[str, Any] = {
        "socket_timeout": TIMEOUT_S,
        "socket_connect_timeout": TIMEOUT_S,
        "retry": Retry(NoBackoff(), 0),
    }
    try:
        redis.ConnectionPool.from_url(plain)
    except ValueError:
        # Its text may hold the password.
        message = f"store={without_password(url)!r}: must be like 'redis://host:6379/0'"
        raise ConfigError(message) from None
    if cluster:
        return lambda: redis.RedisCluster.from_url(plain, **options)
    return lambda: redis.Redis.from_url(plain, **options)

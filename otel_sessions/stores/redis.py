"""Redis store: turns in Redis or Valkey, for the processes of many machines.

`redis://host:6379/0`, `rediss://` with TLS, `redis+cluster://` and `rediss+cluster://` for a
cluster of which the URL names one node. Each step is one script. Sessions are spread over 16
buckets, each of which lies on one node of a cluster, with the list of what runs in it. A session is
one key with a time to live, so it is evicted as a whole or not at all. Needs the extra `redis`.
Source: https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/ (hash tags)
"""

import secrets
from collections.abc import Callable, Iterator
from hashlib import blake2b
from typing import Any
from urllib.parse import urlsplit

from otel_sessions import clocks
from otel_sessions.errors import ConfigError
from otel_sessions.stores import Store, StoreOptions, redis_scripts, without_password
from otel_sessions.stores.backends import TOKEN_BYTES, Addition, Claim, State
from otel_sessions.stores.shared import SharedStore

TIMEOUT_S = 0.25
"""The longest wait for a connection and for an answer."""
BUCKETS = 16
_TAKEN_AT_ONCE = 100
"""Of one bucket."""
_FIRST_VERSION_BITS = 40


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
            redis_scripts.APPEND,
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
        answer = self._run(redis_scripts.LOOK, session_id, version, number)
        return _state(answer) if answer else None

    def idle(self, before_s: float) -> list[bytes]:
        """Name silent sessions; see `Backend`."""
        found = self._lowest(b"idle", f"({before_s:.6f}")
        return [session_id for bucket in found for session_id in bucket]

    def end(
        self,
        session_id: bytes,
        version: int,
        number: int,
        before_s: float | None,
        claim: Claim | None,
    ) -> State | None:
        """End a session; see `Backend`."""
        answer = self._run(
            redis_scripts.END,
            session_id,
            session_id,
            version,
            number,
            "" if before_s is None else f"{before_s:.6f}",
            b"" if claim is None else _member(claim),
            _now(),
            self._ttl_ms,
        )
        return _state(answer) if answer else None

    def left(self, before_s: float) -> list[Claim]:
        """Name claims that were left; see `Backend`."""
        found = self._lowest(b"claims", f"{before_s:.6f}")
        return [_claim(member) for bucket in found for member in bucket]

    def take_over(self, left: Claim, claim: Claim, version: int, number: int) -> State | None:
        """Put a claim in the place of another; see `Backend`."""
        answer = self._run(
            redis_scripts.TAKE_OVER,
            claim.session_id,
            version,
            number,
            _member(left),
            _member(claim),
            _now(),
            self._ttl_ms,
        )
        return _state(answer) if answer else None

    def hold(self, claims: list[Claim]) -> list[Claim]:
        """Let claims count as made now; see `Backend`."""
        self._connected()
        hold, now = self._scripts[redis_scripts.HOLD], _now()
        held: list[bytes] = []
        for key, members in self._by_bucket(claims):
            held += hold(keys=[key], args=[now, self._ttl_ms, *members])
        return [_claim(member) for member in held]

    def settle(self, claims: list[Claim]) -> None:
        """Forget claims; see `Backend`."""
        pipeline = self._connected().pipeline(transaction=False)
        for key, members in self._by_bucket(claims):
            pipeline.zrem(key, *members)
        pipeline.execute()

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
            self._scripts = {each: self._client.register_script(each) for each in redis_scripts.ALL}
        return self._client

    def _run(self, script: str, session_id: bytes, *arguments: object) -> Any:  # noqa: ANN401
        self._connected()
        head = self._bucket(_bucket_of(session_id))
        keys = [head + b"s:" + session_id, head + b"idle", head + b"claims"]
        return self._scripts[script](keys=keys, args=arguments)

    def _lowest(self, name: bytes, below: str) -> list[list[bytes]]:
        """Give what has the lowest scores in the list of a name, by bucket."""
        pipeline = self._connected().pipeline(transaction=False)
        for bucket in range(BUCKETS):
            key = self._bucket(bucket) + name
            pipeline.zrangebyscore(key, "-inf", below, start=0, num=_TAKEN_AT_ONCE)
        found: list[list[bytes]] = pipeline.execute()
        return found

    def _by_bucket(self, claims: list[Claim]) -> Iterator[tuple[bytes, list[bytes]]]:
        """Sort claims by the key of the list in which they are."""
        members: dict[int, list[bytes]] = {}
        for each in claims:
            members.setdefault(_bucket_of(each.session_id), []).append(_member(each))
        return ((self._bucket(bucket) + b"claims", found) for bucket, found in members.items())

    def _bucket(self, bucket: int) -> bytes:
        return f"{self._prefix}{{{bucket:x}}}:".encode()

    def _place(self, place: bytes) -> str:
        return f"{self._prefix}place:{place.hex()}"


def open_redis(url: str, options: StoreOptions) -> Store:
    """Open the store; nothing is connected yet."""
    return SharedStore(RedisBackend(url, options), options)


def _bucket_of(session_id: bytes) -> int:
    return blake2b(session_id, digest_size=1).digest()[0] % BUCKETS


def _member(claim: Claim) -> bytes:
    """Write a claim as a member of a list; its reason has no zero byte."""
    return claim.token + claim.why + b"\0" + claim.session_id


def _claim(member: bytes) -> Claim:
    why, _, session_id = member[TOKEN_BYTES:].partition(b"\0")
    return Claim(session_id, why, member[:TOKEN_BYTES])


def _now() -> str:
    return f"{clocks.now_s():.6f}"


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
        # The client takes a database that is no number for the first one.
        database = urlsplit(plain).path.strip("/")
        if database:
            int(database)
    except ValueError:
        # Its text may hold the password.
        message = f"store={without_password(url)!r}: must be like 'redis://host:6379/0'"
        raise ConfigError(message) from None
    if cluster:
        return lambda: redis.RedisCluster.from_url(plain, **options)
    return lambda: redis.Redis.from_url(plain, **options)

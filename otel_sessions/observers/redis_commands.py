"""Redis commands: what a command and its reply say of the keys of sessions.

Strings, hashes, lists, sorted sets and JSON documents, where conversations are kept; other commands
say nothing. Only sizes are looked at, never what is in a value.
Source: Redis 7 commands, https://redis.io/docs/latest/commands/
"""

import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from otel_sessions.observers.keys import digest_of
from otel_sessions.observers.sizes import size_of
from otel_sessions.sightings import Access, Parts

_Args = Sequence[Any]
_Accesses = Iterator[Access]


def keys_of(command: _Args) -> Sequence[Any]:
    """Name the keys of a command; none if the command says nothing of them."""
    read = _reader(command)
    if read is None:
        return ()
    return command[1 :: _STEPS[read]] if read in _STEPS else command[1:2]


def accesses(command: _Args, reply: object) -> Iterable[Access]:
    """Read a command that was answered.

    Args:
        command: its name, then its arguments.
        reply: as the client gives it, decoded or not.

    """
    read = _reader(command)
    return () if read is None else read(command[1:], reply)


def failed(command: _Args) -> Iterable[Access]:
    """Read a command that was not answered, or with an error."""
    kind = _KINDS.get(_reader(command), "set")
    return [Access(kind, key) for key in keys_of(command)]


def _reader(command: _Args) -> Callable[[_Args, object], _Accesses] | None:
    # Clients write names in capitals; people, to `execute_command`, as they like.
    read = _COMMANDS.get(command[0]) or _COMMANDS.get(_name(command[0])) if command else None
    return read if len(command) > 1 else None


def _name(given: object) -> str:
    name = given.decode("latin-1") if isinstance(given, bytes) else str(given)
    return name.upper()


def _whole(value: object) -> Parts | None:
    size = size_of(value)
    return None if size is None else ((0, size),)


def _get(args: _Args, reply: object) -> _Accesses:
    yield Access("get", args[0], _whole(reply), found=reply is not None)


def _getex(args: _Args, reply: object) -> _Accesses:
    yield Access("get", args[0], _whole(reply), found=reply is not None, ttl_s=_ttl(args[1:]))


def _getdel(args: _Args, reply: object) -> _Accesses:
    yield Access("get", args[0], _whole(reply), found=reply is not None)
    yield Access("delete", args[0])


def _mget(args: _Args, reply: object) -> _Accesses:
    if isinstance(reply, list):
        for key, value in zip(args, reply, strict=False):
            yield Access("get", key, _whole(value), found=value is not None)


def _exists(args: _Args, reply: object) -> _Accesses:
    if len(args) == 1:
        yield Access("get", args[0], found=bool(reply))


def _set(args: _Args, reply: object) -> _Accesses:
    # With NX or XX it may not have been set; with GET the reply is what was there before.
    if reply is not None or "GET" in args[2:]:
        yield Access("set", args[0], _whole(args[1]), ttl_s=_ttl(args[2:], otherwise=math.inf))


def _setnx(args: _Args, reply: object) -> _Accesses:
    if reply:
        yield Access("set", args[0], _whole(args[1]), ttl_s=math.inf)


def _getset(args: _Args, _: object) -> _Accesses:
    yield Access("set", args[0], _whole(args[1]), ttl_s=math.inf)


def _setex(args: _Args, _: object) -> _Accesses:
    yield Access("set", args[0], _whole(args[2]), ttl_s=_seconds(args[1]))


def _psetex(args: _Args, _: object) -> _Accesses:
    yield Access("set", args[0], _whole(args[2]), ttl_s=_seconds(args[1], 1e-3))


def _mset(args: _Args, _: object) -> _Accesses:
    for key, value in zip(args[::2], args[1::2], strict=False):
        yield Access("set", key, _whole(value), ttl_s=math.inf)


def _hset(args: _Args, _: object) -> _Accesses:
    fields = zip(args[1::2], args[2::2], strict=False)
    parts = tuple((digest_of(name), size_of((name, value)) or 0) for name, value in fields)
    yield Access("set", args[0], parts, whole=False)


def _hget(args: _Args, reply: object) -> _Accesses:
    """Read a field; that it is missing does not say that the key is."""
    part = digest_of(args[1])
    if reply is None:
        yield Access("get", args[0], ((part, 0),), whole=False, found=False)
    else:
        yield Access("get", args[0], ((part, size_of((args[1], reply)) or 0),), False, True)  # noqa: FBT003 - a record


def _hgetall(args: _Args, reply: object) -> _Accesses:
    parts: Parts | None = None
    if isinstance(reply, dict):
        parts = tuple((digest_of(name), size_of((name, reply[name])) or 0) for name in reply)
    yield Access("get", args[0], parts, found=bool(reply))


def _lrange(args: _Args, reply: object) -> _Accesses:
    """Read a list or a sorted set: an empty one does not exist."""
    whole = str(args[1]) == "0" and str(args[2]) == "-1"
    found = True if reply else False if whole else None
    yield Access("get", args[0], _whole(reply) if whole else None, found=found)


def _push(args: _Args, reply: object) -> _Accesses:
    if reply:
        yield Access("add", args[0], _whole(args[1:]))


def _append(args: _Args, _: object) -> _Accesses:
    yield Access("add", args[0], _whole(args[1]))


def _zadd(args: _Args, _: object) -> _Accesses:
    yield Access("add", args[0], _whole(args[1:]))


def _changed(args: _Args, _: object) -> _Accesses:
    """Read a command that takes something away: how much is left is not known."""
    yield Access("set", args[0])


def _json_get(args: _Args, reply: object) -> _Accesses:
    whole = len(args) == 1 or str(args[1]) in _JSON_ROOT
    found = True if reply is not None else False if whole else None
    yield Access("get", args[0], _whole(reply) if whole else None, found=found)


def _json_set(args: _Args, reply: object) -> _Accesses:
    if reply is None:
        return
    if str(args[1]) in _JSON_ROOT:
        yield Access("set", args[0], _whole(args[2]), ttl_s=math.inf)
    else:
        yield Access("set", args[0])


def _delete(args: _Args, _: object) -> _Accesses:
    for key in args:
        yield Access("delete", key)


def _expire(args: _Args, reply: object) -> _Accesses:
    if reply:
        yield Access("expire", args[0], ttl_s=_seconds(args[1]))


def _pexpire(args: _Args, reply: object) -> _Accesses:
    if reply:
        yield Access("expire", args[0], ttl_s=_seconds(args[1], 1e-3))


def _expireat(args: _Args, reply: object) -> _Accesses:
    if reply:
        yield Access("expire", args[0], ttl_s=_seconds(args[1]) - time.time())


def _pexpireat(args: _Args, reply: object) -> _Accesses:
    if reply:
        yield Access("expire", args[0], ttl_s=_seconds(args[1], 1e-3) - time.time())


def _persist(args: _Args, _: object) -> _Accesses:
    yield Access("expire", args[0], ttl_s=math.inf)


def _ttl(options: _Args, *, otherwise: float | None = None) -> float | None:
    """Find how long a key is kept among the options of a command."""
    for at, option in enumerate(options):
        word = _name(option)
        if word in _UNITS_S:
            from_s = time.time() if word.endswith("AT") else 0.0
            return _seconds(options[at + 1], _UNITS_S[word]) - from_s
        if word in ("KEEPTTL", "PERSIST"):
            return None if word == "KEEPTTL" else math.inf
    return otherwise


def _seconds(given: Any, unit_s: float = 1.0) -> float:
    return float(given) * unit_s


_UNITS_S = {"EX": 1.0, "PX": 1e-3, "EXAT": 1.0, "PXAT": 1e-3}
_JSON_ROOT = frozenset({"$", "."})

_COMMANDS: dict[str, Callable[[_Args, object], _Accesses]] = {
    "APPEND": _append,
    "DEL": _delete,
    "EXISTS": _exists,
    "EXPIRE": _expire,
    "EXPIREAT": _expireat,
    "GET": _get,
    "GETDEL": _getdel,
    "GETEX": _getex,
    "GETSET": _getset,
    "HDEL": _changed,
    "HGET": _hget,
    "HGETALL": _hgetall,
    "HMSET": _hset,
    "HSET": _hset,
    "JSON.GET": _json_get,
    "JSON.SET": _json_set,
    "LPOP": _changed,
    "LPUSH": _push,
    "LRANGE": _lrange,
    "LREM": _changed,
    "LTRIM": _changed,
    "MGET": _mget,
    "MSET": _mset,
    "PERSIST": _persist,
    "PEXPIRE": _pexpire,
    "PEXPIREAT": _pexpireat,
    "PSETEX": _psetex,
    "RPOP": _changed,
    "RPUSH": _push,
    "SET": _set,
    "SETEX": _setex,
    "SETNX": _setnx,
    "UNLINK": _delete,
    "ZADD": _zadd,
    "ZRANGE": _lrange,
    "ZREM": _changed,
}

_STEPS: dict[object, int] = {_delete: 1, _mget: 1, _mset: 2}
"""Of commands with many keys: how far one is from the next."""
_GETTING = (_get, _getdel, _getex, _mget, _exists, _hget, _hgetall, _lrange, _json_get)
_KINDS: dict[object, Any] = dict.fromkeys(_GETTING, "get") | {
    _append: "add",
    _delete: "delete",
    _expire: "expire",
    _expireat: "expire",
    _persist: "expire",
    _pexpire: "expire",
    _pexpireat: "expire",
    _push: "add",
    _zadd: "add",
}

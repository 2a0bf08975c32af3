"""Exchanges: requests and replies as recorders of HTTP traffic wrote them down.

Known formats: vcrpy (YAML or JSON; also of its older httpx stubs), go-vcr, the YAML with a
`parsed_body` of Pydantic AI, that with a `type` and `content` in each body, and the one-exchange
JSON of dd-trace. A body may be text, bytes, base64, parsed, gzipped or deflated; here it is always
the plain bytes.
"""

import base64
import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

_AWS_EVENT = b"\x00\x00"
"""An event of Amazon's starts with its length, which is below 64 KiB."""
_GZIP = b"\x1f\x8b"
_DEFLATED = (b"\x78\x01", b"\x78\x9c", b"\x78\xda")
_OF_TRANSFER = ("content-encoding", "content-length", "transfer-encoding", "connection")
_SUFFIXES = (".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its reply."""

    file: Path
    number: int
    """0-based, in the file."""
    method: str
    url: SplitResult
    asked: bytes
    """The request's body; empty if there is none or it was not recorded."""
    asked_headers: Mapping[str, str] = field(repr=False)
    status: int
    reply: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    """The reply's, names in lower case, without those that speak of the transfer."""

    @property
    def body(self) -> Any:  # noqa: ANN401 - whatever was sent
        """The request's body, parsed; `None` if it is not JSON."""
        return parsed(self.asked)

    @property
    def streamed(self) -> bool:
        """Whether the reply came in pieces."""
        kind = self.headers.get("content-type", "")
        events = self.reply.lstrip().startswith((b"data:", b"event:", b": "))
        binary = self.reply.startswith(_AWS_EVENT)
        return events or binary or "event-stream" in kind or "eventstream" in kind


def read_exchanges(path: Path) -> Iterator[Exchange | str]:
    """Read a file, or all files of a folder in order; one of another format gives its reason.

    YAML needs the package PyYAML.
    """
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if not file.suffix.startswith(_SUFFIXES):  # Some have more behind it.
            continue
        document = _load(file)
        found = document.get("interactions") if isinstance(document, dict) else None
        if found is None and isinstance(document, dict) and "request" in document:
            found = [document]
        if not isinstance(found, list):
            yield "no known format"
            continue
        for number, raw in enumerate(found):
            try:
                yield _exchange(file, number, raw["request"], raw["response"])
            except (AttributeError, LookupError, TypeError):
                yield "no known format"


def parsed(body: bytes) -> Any:  # noqa: ANN401 - whatever was sent
    """Parse JSON; `None` if it is none."""
    try:
        return json.loads(body)
    except ValueError:
        return None


def _load(file: Path) -> Any:  # noqa: ANN401 - whatever was written
    if file.suffix.startswith(".json"):
        return parsed(file.read_bytes())
    import yaml  # noqa: PLC0415 - only those who have such files need it

    # That in C is ten times as fast.
    loader: Any = type("Loader", (getattr(yaml, "CSafeLoader", yaml.SafeLoader),), {})
    loader.add_multi_constructor("tag:yaml.org,2002:python/", _plain_value)
    try:
        return yaml.load(file.read_bytes(), Loader=loader)  # noqa: S506 - it is the safe one
    except yaml.YAMLError:
        return None


def _plain_value(loader: Any, _: str, node: Any) -> Any:  # noqa: ANN401 - YAML's
    """Read an object of Python's as what it was made of; nothing is made or called."""
    if node.id == "scalar":
        return loader.construct_scalar(node)
    if node.id == "sequence":  # The arguments; those of a text, such as a header's name, are one.
        return next(iter(loader.construct_sequence(node, deep=True)), None)
    return loader.construct_mapping(node, deep=True)


def _exchange(file: Path, number: int, asked: Any, reply: Any) -> Exchange:  # noqa: ANN401 - as written
    headers = _headers(reply.get("headers"))
    status = reply.get("status_code") or reply.get("code") or reply["status"]
    return Exchange(
        file=file,
        number=number,
        method=str(asked["method"]).upper(),
        url=urlsplit(asked.get("uri") or asked["url"]),
        asked=_body(asked, "body"),
        asked_headers=_headers(asked.get("headers")),
        status=int(status["code"] if isinstance(status, dict) else status),
        reply=_body(reply, "body" if "body" in reply else "content"),
        headers={name: value for name, value in headers.items() if name not in _OF_TRANSFER},
    )


def _headers(raw: Any) -> dict[str, str]:  # noqa: ANN401 - as written
    """Read headers; each is a value or a list of values, of text or bytes."""
    found = {}
    for name, values in (raw or {}).items():
        value = values[0] if isinstance(values, list) and values else values
        text = value.decode("latin-1") if isinstance(value, bytes) else str(value or "")
        found[str(name).lower()] = text
    return found


def _body(side: Any, name: str) -> bytes:  # noqa: ANN401 - as written
    """Take the body of a request or a reply out of what the recorder put around it."""
    if "parsed_body" in side:
        return _plain(side["parsed_body"])
    body = side.get(name)
    if isinstance(body, dict) and set(body) <= {"string", "encoding", "base64_string"}:
        packed = body.get("base64_string")
        return _plain(base64.b64decode(packed) if packed else body.get("string"))
    if isinstance(body, dict) and set(body) == {"type", "content"}:
        packed = body["content"] if body["type"] in ("base64", "binary") else None
        return _plain(base64.b64decode(packed) if isinstance(packed, str) else body["content"])
    return _plain(body)


def _plain(body: Any) -> bytes:  # noqa: ANN401 - as written
    if body is None:
        return b""
    if isinstance(body, bytes):
        return _inflated(body)
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


def _inflated(body: bytes) -> bytes:
    if body.startswith(_GZIP):
        return gzip.decompress(body)
    try:
        return zlib.decompress(body) if body.startswith(_DEFLATED) else body
    except zlib.error:
        return body

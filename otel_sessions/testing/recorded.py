"""Recorded: real traffic below a real client, without a network.

recorded = read_recorded(Path("tests/cassettes/refund.yaml"))
transport = replies(recorded, httpx2)
client = openai.OpenAI(api_key="none", http_client=httpx2.Client(transport=transport))
"""

from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

from otel_sessions.testing.exchanges import Exchange, read_exchanges
from otel_sessions.testing.wires import Wire


def read_recorded(path: Path) -> list[Exchange]:
    """Read the exchanges of a recording, or of a folder of recordings, in order.

    Raises:
        OSError: there is no such file.
        ValueError: a file has no known format (see `Exchange`), or nothing was recorded.

    """
    if not path.exists():
        message = f"{path}: no such file or folder"
        raise FileNotFoundError(message)
    found = list(read_exchanges(path))
    reasons = [each for each in found if isinstance(each, str)]
    exchanges = [each for each in found if isinstance(each, Exchange)]
    if reasons or not exchanges:
        message = f"{path}: {reasons[0] if reasons else 'nothing is recorded there'}"
        raise ValueError(message)
    return exchanges


def replies(recorded: Iterable[Exchange], httpx: ModuleType) -> Any:  # noqa: ANN401 - of httpx or httpx2
    """Make a transport that answers each request with the next recorded reply to its address.

    Streamed replies come event by event. A request that nothing was recorded for fails with an
    error that names it.

    Args:
        recorded: in the order of the requests; each is used once.
        httpx: the module that the client uses, `httpx` or `httpx2`.

    """
    left = list(recorded)

    def answer(request: Any) -> Any:  # noqa: ANN401 - of httpx or httpx2
        asked = (request.method, request.url.path)
        for exchange in left:
            if (exchange.method, exchange.url.path) == asked:
                left.remove(exchange)
                return Wire(exchange).response(httpx)
        message = f"no reply is recorded (any more) for {request.method} {request.url.path}"
        raise LookupError(message)

    return httpx.MockTransport(answer)

"""Stores: a real Redis with a proxy before it, and what can happen to it.

It writes what it accepts to a file, so that a restart loses nothing that it had accepted.
"""

import random
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import redis

from benchmarks.outages.proxy import SlowProxy
from collector.programs import provide

SLOW_S = 2.0
"""What a command takes while the store is slow."""


class Redis:
    """One server on loopback; `url` leads to it by the proxy."""

    def __init__(self, folder: Path) -> None:
        self._port = _free_port()
        self._command = [
            str(provide("redis-server")), "--port", str(self._port), "--bind", "127.0.0.1",
            "--save", "", "--appendonly", "yes", "--appendfsync", "no", "--dir", str(folder),
        ]  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None
        self._proxy = SlowProxy(self._port)
        self.url = f"redis://127.0.0.1:{self._proxy.port}/0"
        self.direct_url = f"redis://127.0.0.1:{self._port}/0"
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        for _ in range(2400):
            try:
                self._admin().ping()
            except redis.RedisError:
                time.sleep(0.05)
            else:
                return
        message = "redis-server does not answer"
        raise RuntimeError(message)

    def stop(self) -> None:
        """End it; may be called twice."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None

    def slow(self) -> None:
        """Let each command take `SLOW_S`."""
        self._proxy.delay_s = SLOW_S

    def quick(self) -> None:
        """Let commands take what they take."""
        self._proxy.delay_s = 0.0

    def fill(self) -> None:
        """Let it have no room: what would take more is refused, nothing is let go."""
        self._admin().config_set("maxmemory-policy", "noeviction")
        self._admin().config_set("maxmemory", "1")

    def empty(self) -> None:
        """Give it room again."""
        self._admin().config_set("maxmemory", "0")

    def close(self) -> None:
        """End it and the proxy."""
        self._proxy.close()
        self.stop()

    def _admin(self) -> Any:  # noqa: ANN401 - redis-py's types need a client for bytes or text
        return redis.Redis(port=self._port, socket_timeout=60)


def _free_port() -> int:
    """Choose a free port that the system gives to nobody, not even while the server is away."""
    while True:
        port = random.randrange(10_000, 32_768)  # noqa: S311 - any will do
        with socket.socket() as one, suppress(OSError):
            one.bind(("127.0.0.1", port))
            return port

"""Fixtures: an application that had 200 recorded sessions, the real Prometheus, the spans.

The collector and Prometheus run with the files that users get; scraping and evaluation are every
second, and the rules' windows are 60 times shorter.
"""

import gzip
import json
import math
import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote

import pytest

from dashboards.pictures.answers import collect
from dashboards.prometheus_names import metric_name
from dashboards.traces import read_spans
from otel_sessions import names

ROOT = Path(__file__).parents[3]
DATA = ROOT / "../shared/data/dev"
TURNS, ENDED = metric_name(names.TURN_EVALUATED), metric_name(names.ENDED)
SCALE = 1 / 60
RATE = "30s"
"""For `$__rate_interval`; the first round alone takes longer."""
ANSWERS = os.environ.get("OTEL_SESSIONS_ANSWERS")
"""Where to write what the boards show, for `python -m dashboards.pictures`."""
ROUNDS = int(os.environ.get("OTEL_SESSIONS_ROUNDS", "2"))
"""In the first one, series appear; only after that do they rise, which is what rates see."""
VERSIONS = {"1.4.0": lambda all_of_them: all_of_them}
"""Of the application, and which conversations each has."""
if ANSWERS:  # a picture is clearer with a version that does worse
    VERSIONS["1.5.0"] = lambda all_of_them: all_of_them[15:]


QUIET_S = 12
"""At the end nobody talks any more; a picture is of a moment before that."""


def recorded(name, keep=lambda _: True):
    with gzip.open(DATA / f"{name}.jsonl.gz", "rt") as lines:
        return [session for session in map(json.loads, lines) if keep(session)]


def joined(sessions):
    """One long session made of others."""
    (first, *_), messages = sessions, [m for each in sessions for m in each["messages"]]
    return {"session_id": f"long-{first['session_id']}", "messages": messages}


@pytest.fixture(scope="module")
def conversations():
    """Conversations that went well and that did not: short and long, by several agents."""
    if not DATA.exists():
        pytest.skip("needs the recorded sessions in ../shared/data")
    passed = recorded("agentclinic", lambda each: each["labels"].get("session_failure") == 0)
    cut = recorded("p_calls", lambda each: each["labels"]["raw"]["kind"] == "sliding_window")
    old_bots = recorded("dbdc3")
    return [
        *((each, "triage", "resolved") for each in passed[:15]),
        *((each, "orders", "unresolved") for each in cut[:12]),
        *((each, "orders", "escalated") for each in recorded("p_loop")[:6]),
        *((each, "car", "resolved") for each in recorded("citod")[:55]),
        *((each, "chat", "abandoned") for each in old_bots[:10]),
        *((joined(old_bots[at : at + 4]), "chat", "unknown") for at in (30, 34)),
    ]


class Application:
    """A version of an application, which has the conversations when it is told to."""

    def __init__(self, version, otlp, redis_url, folder):
        self._folder, self._version, self._round = folder, version, 0
        self._process = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("traffic.py"), otlp, redis_url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={
                **os.environ,
                "OTEL_SERVICE_NAME": "support",
                "OTEL_RESOURCE_ATTRIBUTES": f"service.version={version}",
                "OTEL_METRIC_EXPORT_INTERVAL": "1000",
                "PYTHONPATH": str(ROOT),
            },
        )

    def play(self, conversations):
        """Have all of them once more, under ids of their own; return what was told so far."""
        self._round += 1
        file = self._folder / f"{self._version}-{self._round}.jsonl"
        with file.open("w") as out:
            for at, (record, agent, outcome) in enumerate(conversations):
                told = {
                    "session_id": f"{record['session_id']}-{self._version}-{self._round}",
                    "agent": agent,
                    "outcome": outcome,
                    "model": ("gpt-4o-mini", "gpt-4o")[at % 3 == 0],
                    "streamed": at % 2 == 1,
                    "loses": at % 10 == 5,
                }
                out.write(json.dumps({**record, **told}) + "\n")
        self._process.stdin.write(f"{file}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the application ended"
        return SimpleNamespace(**json.loads(line))

    def __enter__(self):
        return self

    def __exit__(self, failed, *_):
        """End all sessions; what hangs is ended the hard way."""
        if failed:
            self._process.kill()
        self._process.stdin.close()
        assert self._process.wait(300) == 0 or failed
        self._process.stdout.close()


class Prometheus:
    """Answers queries, at a moment and over what was played."""

    def __init__(self, api, http):
        self._api, self._http = api, http
        self.started = time.time()
        self.ended = None

    def _get(self, url):
        """Read an answer; a busy machine may need a second try."""
        return self._http.until(lambda: self._http.json(url), what=url)

    def ask(self, query, at=None):
        """Return the series that have a finite value."""
        url = f"{self._api}/query?query={quote(query)}&time={at or time.time()}"
        found = self._get(url)["data"]["result"]
        return [each for each in found if math.isfinite(float(each["value"][1]))]

    def ask_range(self, query, step=1):
        """Return the series that had a finite value at any time."""
        times = f"start={self.started}&end={self.ended}&step={step}"
        url = f"{self._api}/query_range?query={quote(query)}&{times}"
        found = self._get(url)["data"]["result"]
        return [each for each in found if any(math.isfinite(float(v)) for _, v in each["values"])]

    def exemplars(self, query):
        """Return the points that lead to traces."""
        url = f"{self._api}/query_exemplars?query={quote(query)}"
        found = self._get(f"{url}&start={self.started}&end={self.ended}")["data"]
        return [point for series in found for point in series["exemplars"]]

    def wait_for(self, query, value):
        """Wait until the answer is this value."""

        def is_there():
            found = self.ask(query)
            return found and float(found[0]["value"][1]) == value

        self._http.until(is_there, what=f"{query} = {value}")


@pytest.fixture(scope="module")
def chats(redis_servers):
    """Give the application a store that is too small for all of its sessions."""
    return redis_servers("--maxmemory", "3mb", "--maxmemory-policy", "allkeys-lru")


@pytest.fixture(scope="module")
def prometheus(collector, prometheus_api, http, receiver, tmp_path_factory, conversations, chats):
    """Play everything, and leave Prometheus running with what it has got."""
    folder = tmp_path_factory.mktemp("boards")
    addresses = collector("prometheus", "otlp", backend=receiver.url)
    running = Prometheus(prometheus_api(addresses, scale=SCALE), http)
    running.sessions = running.conversations = 0
    for version, mix in VERSIONS.items():
        of_version = f'{{service_version="{version}"}}'
        with Application(version, addresses.otlp, chats.url, folder) as application:
            for _ in range(ROUNDS):
                told = application.play(mix(conversations))
                running.conversations += len(mix(conversations))
                running.wait_for(f"sum({TURNS}{of_version})", told.turns)
        # Now: the collector forgets a process five minutes after its last word.
        running.wait_for(f"sum({ENDED}{of_version})", told.sessions)
        running.sessions += told.sessions
    running.kinds = told.kinds
    running.ended = time.time()
    return running


@pytest.fixture(scope="module")
def rate():
    return RATE


@pytest.fixture(scope="module")
def spans(prometheus, receiver):
    return [*read_spans(receiver.bodies("/v1/traces"))]


@pytest.fixture(scope="module")
def worst(spans):
    """The session with the lowest health."""
    ended = [span for span in spans if span.name == names.SESSION_SPAN]
    return min(ended, key=lambda span: span.attributes[names.HEALTH]).attributes[names.SESSION_ID]


@pytest.fixture(scope="module", autouse=True)
def answers(prometheus, spans, worst):
    """Write what the boards show, if somebody wants to draw them."""
    if ANSWERS:
        shown = collect(
            lambda query: prometheus.ask(query, prometheus.ended - QUIET_S),
            prometheus.ask_range,
            spans,
            session=worst,
            start=prometheus.started,
            end=prometheus.ended - QUIET_S,
            rate=RATE,
        )
        Path(ANSWERS).write_text(json.dumps(shown))

"""Processes that share a store: behind a switch, and however they are frozen or ended."""

import json
import os
import secrets
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("openai", reason="needs OpenAI's client")
SCRIPT = Path(__file__).with_name("talker.py")
LONG_S = 300
LOSSES = {"context_reset", "context_truncated"}


class Talker:
    """A process that does what it is told, and what it printed."""

    def __init__(self, environ):
        self.printed = []
        self.process = subprocess.Popen(
            [sys.executable, SCRIPT],
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def tell(self, until, **what):
        """Tell it something, and wait until it says `until`."""
        self.process.stdin.write(json.dumps(what) + "\n")
        return self.wait_for(until)

    def wait_for(self, key):
        while line := self.process.stdout.readline():
            self.printed.append(json.loads(line))
            if key in self.printed[-1]:
                return self.printed[-1][key]
        pytest.fail(f"it ended: {self.process.stderr.read()}")

    def ask(self, text, messages=None):
        return self.tell("messages", ask=text, messages=messages)

    def flush(self):
        assert self.tell("flushed", flush=0)

    def rest(self):
        """Wait until it has ended; gives its exit status and what it wrote to its log."""
        output, log = self.process.communicate(timeout=LONG_S)
        self.printed += [json.loads(line) for line in output.splitlines()]
        return self.process.returncode, log

    @property
    def turns(self):
        return sorted(each["turn"] for each in self.printed if each.get("turn") and "span" in each)

    @property
    def losses(self):
        return [
            (each["turn"], each["cause"]) for each in self.printed if each.get("signal") in LOSSES
        ]


@pytest.fixture
def start():
    """Start processes that share a store, if there is one."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("OTEL_", "OPENAI_"))}
    environ |= {"OTEL_SESSIONS_FLUSH_TIMEOUT_S": "120"}
    environ |= {"OTEL_SESSIONS_KEY": "one long key", "OTEL_SESSIONS_TENANT": secrets.token_hex(4)}
    started = []

    def one(store="memory://", **variables):
        started.append(Talker(environ | {"OTEL_SESSIONS_STORE": store} | variables))
        return started[-1]

    yield one
    for each in started:
        each.process.kill()
        each.process.communicate()


def question(number):
    return f"Question number {number}: where is parcel {number * 7919}?"


class TestBehindASwitch:
    """Three processes get the calls of one session in turns."""

    def test_a_memory_in_each(self, start, url):
        """Each starts from nothing, and then they diverge; all of it is flagged with its cause."""
        talkers = [start(url) for _ in range(3)]
        for number in range(12):
            talker = talkers[number % 3]
            talker.ask(question(number))
            talker.flush()
        causes = [cause for talker in talkers for _, cause in talker.losses]
        assert causes.count("instance_changed") == 2
        assert causes.count("diverged") >= 5
        assert set(causes) == {"instance_changed", "diverged"}

    def test_a_shared_history(self, start, url):
        """The same application that keeps its history in one place raises nothing."""
        talkers = [start(url) for _ in range(3)]
        messages = None
        for number in range(9):
            talker = talkers[number % 3]
            messages = talker.ask(question(number), messages)
            talker.flush()
        assert [talker.losses for talker in talkers] == [[], [], []]
        assert sorted(turn for talker in talkers for turn in talker.turns) == list(range(1, 10))


class TestEndings:
    """What was accepted is exported, and the process ends as it would have."""

    @pytest.mark.parametrize(
        ("told", "status"), [({"exit": 0}, 0), ({"exit": 3}, 3), ({"raise": 0}, 1)]
    )
    def test_an_exit(self, start, told, status):
        """At the end of the program, with a status, and by an error."""
        talker = start()
        talker.ask(question(1))
        talker.process.stdin.write(json.dumps(told) + "\n")
        assert talker.rest()[0] == status
        assert talker.turns == [1]

    def test_sigterm_that_nobody_listens_to(self, start):
        """It is told what there is, and the process has ended by the signal."""
        talker = start()
        talker.ask(question(1))
        talker.tell("holds", hold=0)
        talker.process.terminate()
        assert talker.rest() == (-signal.SIGTERM, "")
        assert talker.turns == [1]

    def test_sigterm_that_the_application_listens_to(self, start):
        """Its handler decides how the process ends."""
        talker = start()
        talker.tell("listens", listen=0)
        talker.ask(question(1))
        talker.tell("holds", hold=0)
        talker.process.terminate()
        assert talker.rest() == (0, "")
        assert {"left": "by my own handler"} in talker.printed
        assert talker.turns == [1]

    def test_sigterm_that_a_server_listened_to_before_us(self):
        """It shuts down, what there is is told, and it ends by the signal, as uvicorn does."""
        pytest.importorskip("uvicorn", reason="needs the extra sidecar")
        environ = {k: v for k, v in os.environ.items() if not k.startswith("OTEL_")}
        environ |= {"OTEL_SESSIONS_FLUSH_TIMEOUT_S": "120"}
        with subprocess.Popen(
            [sys.executable, SCRIPT.with_name("served.py")],
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as served:
            assert served.stdout.readline() == "started\n"
            served.terminate()
            output, log = served.communicate(timeout=LONG_S)
        assert (served.returncode, log) == (-signal.SIGTERM, "")
        assert output == "waits\n"

    @pytest.mark.parametrize("processing", ["background", "inline"])
    def test_a_freeze(self, start, redis_server, processing):
        """As serverless platforms do after a reply: flushed before, it is all told and goes on."""
        talker = start(redis_server.url, OTEL_SESSIONS_PROCESSING=processing)
        talker.ask(question(1))
        talker.flush()
        assert talker.turns == [1]
        talker.process.send_signal(signal.SIGSTOP)
        talker.process.stdin.write(json.dumps({"ask": question(2)}) + "\n")
        os.waitid(os.P_PID, talker.process.pid, os.WSTOPPED)
        talker.process.send_signal(signal.SIGCONT)
        talker.wait_for("messages")
        talker.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, talker.process.pid, os.WSTOPPED)
        talker.process.send_signal(signal.SIGCONT)
        talker.process.stdin.write(json.dumps({"exit": 0}) + "\n")
        assert talker.rest() == (0, "")
        assert talker.turns == [1, 2]

"""Judges: a sample is read within a budget, and whatever the server does, nothing else changes."""

import json
import logging
import threading
import urllib.request
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.instrumentation.utils import is_http_instrumentation_enabled

from otel_sessions.calls import Message, ToolCall
from otel_sessions.config import Config
from otel_sessions.endpoints import MAX_ANSWER_BYTES, Endpoint
from otel_sessions.judges import WAITING, Judge, open_judge
from otel_sessions.rubrics import MAX_CHARS, MAX_MESSAGES, RUBRICS, question, read_scores

LONG_S = 30
QUESTION = "Will you refund the blue kettle?"
ANSWER = "Yes, I will refund it."
SCORES = {"contradiction": 0.9, "answer_irrelevant": 0.0, "commitment_reversed": 0.5}
GOOD = (200, {"choices": [{"message": {"role": "assistant", "content": json.dumps(SCORES)}}]})


def saying(text):
    """The body of an answer with this text."""
    return json.dumps({"choices": [{"message": {"content": text}}]}).encode()


class Server:
    """An OpenAI-compatible server on loopback that answers as it is told."""

    def __init__(self):
        self.answers = []
        self.got = []
        self.arrived = threading.Semaphore(0)
        self.released = threading.Event()
        self.released.set()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.got.append((self.path, dict(self.headers), json.loads(body)))
                status, answer = outer.answers.pop(0) if outer.answers else GOOD
                outer.arrived.release()
                outer.released.wait(LONG_S)
                data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(data)))
                if status in (302, 307):
                    self.send_header("location", outer.url + "/elsewhere")
                self.end_headers()
                self.wfile.write(data)

            def do_GET(self):
                outer.got.append((self.path, dict(self.headers), None))
                self.send_error(404)

            def handle_one_request(self):
                try:
                    super().handle_one_request()
                except ConnectionError:  # Who asked did not wait.
                    self.close_connection = True

            def log_message(self, *args):
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self):
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def server(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    server = Server()
    yield server
    server.close()


class Judged:
    """A judge and what it told."""

    def __init__(self, ask, *, sample_ratio=1.0, calls_per_hour=1000):
        self.reports = []
        self.counted = Counter()
        self.now_s = 0.0
        self.judge = Judge(
            ask,
            "a-judge",
            key=b"a key of the tests",
            sample_ratio=sample_ratio,
            calls_per_hour=calls_per_hour,
            tell=self.reports.append,
            count=lambda result: self.counted.update([result]),
            clock=lambda: self.now_s,
        )


@pytest.fixture
def judging():
    """A judge that asks a function; without a delay it says what a good server does."""
    made = []

    def build(ask=lambda body: saying(json.dumps(SCORES)), **options):
        made.append(Judged(ask, **options))
        return made[-1]

    yield build
    for each in made:
        each.judge.close(LONG_S)


@pytest.fixture
def asking_server(server, judging):
    """A judge that asks the server."""

    def build(url=server.url, api_key=None, timeout_s=LONG_S):
        return judging(Endpoint(url, api_key, timeout_s).ask)

    return build


@pytest.fixture
def conversation(tracking, talking):
    """A tracked conversation that a judge hears of."""

    def build(judged, session_id="s"):
        tracked = tracking(emitters=(judged.judge,))
        return tracked, talking(tracked.track, session_id, system="You are kind.")

    return build


class TestSample:
    """Which turns are read."""

    @pytest.mark.parametrize(("ratio", "low", "high"), [(0, 0, 0), (0.5, 60, 140), (1, 200, 200)])
    def test_the_share(self, judging, conversation, ratio, low, high):
        """About the share that was asked for."""
        judged = judging(sample_ratio=ratio)
        _, talk = conversation(judged)
        for at in range(200):
            talk.say(f"Question {at}?", f"Answer {at}.")
            assert judged.judge.flush(LONG_S)
        assert low <= judged.counted["judged"] <= high

    def test_a_turn_is_chosen_by_key_session_and_turn(self, judging, conversation):
        """So that two runs with one key read the same turns."""
        chosen = []
        for _ in range(2):
            judged = judging(sample_ratio=0.5)
            _, talk = conversation(judged)
            for at in range(20):
                talk.say(f"Question {at}?", f"Answer {at}.")
                assert judged.judge.flush(LONG_S)
            chosen.append([report.turn for report in judged.reports])
        assert chosen[0] == chosen[1]
        assert 0 < len(chosen[0]) < 20

    @pytest.mark.parametrize(
        ("reply", "fields"),
        [
            pytest.param(None, {"outcome": "failed", "error_type": "500"}, id="failed"),
            pytest.param("Yes, I", {"outcome": "aborted", "finish_reasons": ()}, id="aborted"),
            pytest.param("  ", {}, id="empty"),
            pytest.param(
                Message("assistant", "Let me look.", (ToolCall("find", {}, "t1"),)), {}, id="tools"
            ),
        ],
    )
    def test_what_is_no_reply(self, judging, conversation, reply, fields):
        """There is nothing to judge."""
        judged = judging()
        _, talk = conversation(judged)
        talk.say(QUESTION, reply, **fields)
        assert judged.judge.flush(LONG_S)
        assert not judged.counted

    def test_a_side_call(self, judging, conversation, chat):
        """It belongs to no turn."""
        judged = judging()
        tracked, talk = conversation(judged)
        talk.say(QUESTION, ANSWER)
        tracked.track(chat("Give it a title.", system="You write titles."), "Kettles")
        assert judged.judge.flush(LONG_S)
        assert judged.counted == {"judged": 1}


class TestBudget:
    """How much is asked."""

    def test_no_more_than_the_budget_in_any_hour(self, judging, conversation):
        """What is beyond it is counted, and no text of it is taken."""
        judged = judging(calls_per_hour=2)
        _, talk = conversation(judged)
        told = []
        for now_s in (0, 1800, 3599, 3600, 3601, 5400):
            judged.now_s = now_s
            talk.say(f"Question at {now_s}?", f"Answer at {now_s}.")
            assert judged.judge.flush(LONG_S)
            told.append((judged.counted["judged"], judged.counted["over_budget"]))
        assert told == [(1, 0), (2, 0), (2, 1), (3, 1), (3, 2), (4, 2)]

    def test_failures_cost_budget(self, judging, conversation, faults):
        """A server that is down is not asked more often than one that is up."""

        def ask(body):
            raise OSError

        judged = judging(ask, calls_per_hour=1)
        _, talk = conversation(judged)
        for at in range(3):
            talk.say(f"Question {at}?", ANSWER)
            assert judged.judge.flush(LONG_S)
        assert judged.counted == {"failed": 1, "over_budget": 2}

    def test_few_texts_wait(self, judging, conversation):
        """While one is judged, others wait, and of more none is held."""
        begun, end = threading.Event(), threading.Event()

        def ask(body):
            begun.set()
            end.wait(LONG_S)
            return saying(json.dumps(SCORES))

        judged = judging(ask)
        _, talk = conversation(judged)
        talk.say("Question?", ANSWER)
        assert begun.wait(LONG_S)
        for at in range(WAITING + 3):
            talk.say(f"Question {at}?", f"Answer {at}.")
        assert judged.counted == {"dropped": 3}
        assert not judged.judge.flush(0)
        end.set()
        assert judged.judge.flush(LONG_S)
        assert judged.counted == {"dropped": 3, "judged": 1 + WAITING}


class TestQuestion:
    """What is sent."""

    def test_the_words_of_user_and_assistant(self, asking_server, conversation, server, tool_use):
        """No prompt, no tool's words, no id, no lone surrogate; the secret is in the header."""
        judged = asking_server(api_key="sk-secret")
        _, talk = conversation(judged, "id-4711")
        talk.say("Is my kettle there?", tool_use("find", {"hidden": 1}, "hidden too", "t1")[0])
        talk.messages += tool_use("find", {"hidden": 1}, "hidden too", "t1")[1:]
        talk.send("It is. \u00fc \ud83d")
        assert judged.judge.flush(LONG_S)
        ((path, headers, body),) = server.got
        assert path == "/v1/chat/completions"
        assert headers["Authorization"] == "Bearer sk-secret"
        assert headers["User-Agent"] == "otel-sessions"
        assert "traceparent" not in {name.lower() for name in headers}
        assert body["model"] == "a-judge"
        task, asked = body["messages"]
        assert all(name in task["content"] for name in RUBRICS)
        assert json.loads(asked["content"]) == [
            {"role": "user", "text": "Is my kettle there?"},
            {"role": "assistant", "text": "It is. \u00fc ?"},
        ]
        assert not any(word in json.dumps(body) for word in ("hidden", "kind.", "4711"))

    @pytest.mark.parametrize(
        ("base", "path"),
        [
            ("/v1", "/v1/chat/completions"),
            ("/v1/", "/v1/chat/completions"),
            ("", "/chat/completions"),
            ("/v1/chat/completions", "/v1/chat/completions"),
            ("/openai?api-version=1", "/openai/chat/completions?api-version=1"),
        ],
    )
    def test_where_it_is_sent(self, server, base, path):
        """The base URL as clients take it, or the whole one."""
        Endpoint(server.url.removesuffix("/v1") + base, None, LONG_S).ask(b"{}")
        assert server.got[0][0] == path
        assert "Authorization" not in server.got[0][1]

    def test_it_is_bounded(self, calling, chat):
        """Of a long history the newest messages, of a long message both ends."""
        long = "begin " + "x" * 10**6 + " end"
        call = calling(chat(*["An old text."] * 100, long), "The reply.")
        asked = json.loads(json.loads(question(call, "m"))["messages"][1]["content"])
        assert len(asked) == MAX_MESSAGES
        assert asked[-1] == {"role": "assistant", "text": "The reply."}
        assert asked[-2]["text"].startswith("begin xxx")
        assert asked[-2]["text"].endswith("xxx end")
        assert len(asked[-2]["text"]) < MAX_CHARS + 10

    def test_tools_are_looked_over(self, calling, chat, tool_use):
        """An agent's many tool calls do not hide what the user said; very many do."""
        tools = tool_use("find", {}, "found", "t1")
        call = calling([*chat(QUESTION), *tools * 20], ANSWER)
        asked = json.loads(json.loads(question(call, "m"))["messages"][1]["content"])
        assert [message["text"] for message in asked] == [QUESTION, ANSWER]
        call = calling([*chat(QUESTION), *tools * 2000], ANSWER)
        asked = json.loads(json.loads(question(call, "m"))["messages"][1]["content"])
        assert [message["text"] for message in asked] == [ANSWER]

    def test_messages_that_cannot_be_read(self, calling):
        """The reply alone."""
        asked = json.loads(json.loads(question(calling(None), "m"))["messages"][1]["content"])
        assert len(asked) == 1


class TestAnswer:
    """What is made of it."""

    @pytest.mark.parametrize(
        "text",
        [
            pytest.param(json.dumps(SCORES), id="as-asked"),
            pytest.param(f"```json\n{json.dumps(SCORES, indent=2)}\n```", id="fenced"),
            pytest.param(f"<think>{{0}} or {{1}}?</think>\n{json.dumps(SCORES)}", id="thoughts"),
            pytest.param(json.dumps({"scores": SCORES})[:-1], id="nested"),
            pytest.param(json.dumps(SCORES | {"more": "words"}), id="more"),
        ],
    )
    def test_scores(self, text):
        """Whatever stands around them."""
        assert read_scores(saying(text)) == SCORES

    @pytest.mark.parametrize(
        "answer",
        [
            pytest.param(b"", id="empty"),
            pytest.param(b"\xff\xfe", id="no-text"),
            pytest.param(b"<html>Bad gateway</html>", id="html"),
            pytest.param(b"[" * 100_000, id="deep"),
            pytest.param(b"[]", id="list"),
            pytest.param(b'{"error": {"message": "no"}}', id="error"),
            pytest.param(b'{"choices": []}', id="no-choice"),
            pytest.param(b'{"choices": [{"message": {"content": null}}]}', id="no-content"),
            pytest.param(saying("I would say 0.5."), id="prose"),
            pytest.param(saying("{"), id="cut"),
            pytest.param(saying("}{"), id="turned-round"),
            pytest.param(saying('{"contradiction": 0.1}'), id="one-is-missing"),
            *(
                pytest.param(saying(json.dumps(SCORES | {"contradiction": bad})), id=str(bad))
                for bad in ("0.5", None, True, -0.1, 1.1, float("nan"), float("inf"), [0.5])
            ),
        ],
    )
    def test_what_is_no_answer(self, answer, judging, conversation):
        """It is counted, and nothing is told."""
        judged = judging(lambda body: answer)
        _, talk = conversation(judged)
        talk.say(QUESTION, ANSWER)
        assert judged.judge.flush(LONG_S)
        assert judged.counted == {"malformed": 1}
        assert judged.reports == []

    @given(st.binary() | st.text().map(saying))
    def test_any_bytes(self, answer):
        """Nothing is raised."""
        assert read_scores(answer) is None


class TestServer:
    """What servers do."""

    def test_one_that_answers(self, asking_server, conversation):
        """The judgement knows its turn, and who judged."""
        judged = asking_server()
        _, talk = conversation(judged)
        talk.say(QUESTION, ANSWER)
        assert judged.judge.flush(LONG_S)
        (report,) = judged.reports
        assert (report.session_id, report.turn, report.model) == ("s", 1, "a-judge")
        assert report.scores == SCORES
        assert report.conversation_id == "s"
        assert judged.counted == {"judged": 1}

    def test_an_id_of_ours(self, judging, conversation):
        """It is no conversation's."""
        judged = judging()
        _, talk = conversation(judged, None)
        talk.say(QUESTION, ANSWER)
        assert judged.judge.flush(LONG_S)
        assert judged.reports[0].conversation_id is None

    def test_the_call_is_not_observed(self, server):
        """What watches HTTP clients is told to look away, for this call alone."""
        enabled = []

        class Watching(urllib.request.BaseHandler):
            def http_request(self, request):
                enabled.append(is_http_instrumentation_enabled())
                return request

        endpoint = Endpoint(server.url, None, LONG_S)
        endpoint._opener.add_handler(Watching())
        endpoint.ask(b"{}")
        assert enabled == [False]
        assert is_http_instrumentation_enabled()

    @pytest.mark.parametrize(
        ("status", "body"),
        [
            pytest.param(500, {"error": "no"}, id="500"),
            pytest.param(429, {"error": "slow down"}, id="429"),
            pytest.param(401, b"", id="401"),
            pytest.param(302, b"", id="302"),
            pytest.param(307, b"", id="307"),
            pytest.param(204, b"", id="204"),
            pytest.param(200, b"x" * (MAX_ANSWER_BYTES + 1), id="too-long"),
        ],
    )
    def test_one_that_does_not(
        self, asking_server, conversation, server, faults, caplog, status, body
    ):
        """It is asked once, is counted, and logged without a word that was sent; the next is well.

        A redirect is not followed, because it could lead texts and secret to another server.
        """
        server.answers = [(status, body)]
        judged = asking_server(api_key="sk-secret")
        _, talk = conversation(judged)
        with caplog.at_level(logging.DEBUG):
            for text in (QUESTION, "And when?"):
                talk.say(text, ANSWER)
                assert judged.judge.flush(LONG_S)
        assert judged.counted == {"failed": 1, "judged": 1}
        assert [path for path, _, _ in server.got] == ["/v1/chat/completions"] * 2
        (fault,) = faults()
        assert "asking the judge" in fault
        assert not any(word in caplog.text for word in ("kettle", "sk-secret"))

    def test_nobody_listens(self, judging, conversation, faults):
        """The connection is refused."""
        judged = judging(Endpoint("http://127.0.0.1:9/v1", None, LONG_S).ask)
        _, talk = conversation(judged)
        talk.say(QUESTION, ANSWER)
        assert judged.judge.flush(LONG_S)
        assert judged.counted == {"failed": 1}
        assert len(faults()) == 1

    def test_one_that_is_slow(self, asking_server, conversation, server, faults):
        """The analysis goes on meanwhile, and the judge gives up at its limit."""
        server.released.clear()
        judged = asking_server(timeout_s=0.1)
        tracked, talk = conversation(judged)
        talk.say(QUESTION, ANSWER)
        assert server.arrived.acquire(timeout=LONG_S)
        server.released.clear()
        talk.say("And when?", ANSWER)
        assert tracked.tracker.health("s").turns == 2
        assert judged.judge.flush(LONG_S)
        assert judged.counted == {"failed": 2}
        assert "asking the judge: TimeoutError" in faults()[0]

    def test_one_that_dribbles(self, judging, conversation, faults):
        """Bytes that keep coming do not prolong the limit."""
        listener = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["content-length"]))
                self.send_response(200)
                self.end_headers()
                try:
                    while not listener.wait(0.01):
                        self.wfile.write(b" ")
                except ConnectionError:
                    self.close_connection = True

            def log_message(self, *args):
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            url = f"http://127.0.0.1:{server.server_port}/v1"
            judged = judging(Endpoint(url, None, 0.1).ask)
            _, talk = conversation(judged)
            talk.say(QUESTION, ANSWER)
            assert judged.judge.flush(LONG_S)
        finally:
            listener.set()
            server.shutdown()
            server.server_close()
            thread.join()
        assert judged.counted == {"failed": 1}


class TestEnd:
    """When the process ends or forks."""

    def test_while_one_is_in_flight(self, asking_server, conversation, server):
        """What waits is let go; what comes too late is not told."""
        server.released.clear()
        judged = asking_server()
        _, talk = conversation(judged)
        talk.say(QUESTION, ANSWER)
        assert server.arrived.acquire(timeout=LONG_S)
        talk.say("And when?", ANSWER)
        talk.say("And how?", ANSWER)
        judged.judge.close(0)
        assert judged.counted == {"dropped": 2}
        server.released.set()
        assert judged.judge.flush(LONG_S)
        assert judged.counted == {"dropped": 2}
        assert judged.reports == []

    def test_one_that_is_in_time(self, asking_server, conversation):
        """It is told."""
        judged = asking_server()
        _, talk = conversation(judged)
        talk.say(QUESTION, ANSWER)
        judged.judge.close(LONG_S)
        assert judged.counted["judged"] + judged.counted["dropped"] == 1

    def test_after_the_end(self, judging, conversation):
        """No text is taken; closing twice is no mistake, and the thread ends."""
        judged = judging()
        _, talk = conversation(judged)
        talk.say(QUESTION, ANSWER)
        assert judged.judge.flush(LONG_S)
        thread = judged.judge._thread
        judged.judge.close(LONG_S)
        judged.judge.close(LONG_S)
        thread.join(LONG_S)
        assert not thread.is_alive()
        talk.say("And when?", ANSWER)
        assert judged.judge._waiting.empty()
        assert judged.counted == {"judged": 1}

    def test_after_a_fork(self, judging, conversation):
        """The child has nothing waiting and a thread of its own; the budget is what was left."""
        judged = judging(calls_per_hour=2)
        _, talk = conversation(judged)
        talk.say(QUESTION, ANSWER)
        assert judged.judge.flush(LONG_S)
        before = judged.judge._thread
        judged.judge.after_fork()
        for text in ("And when?", "And how?"):
            talk.say(text, ANSWER)
            assert judged.judge.flush(LONG_S)
        assert judged.judge._thread is not before
        assert judged.counted == {"judged": 2, "over_budget": 1}


class TestNothingElse:
    """What a judge says is its own."""

    def test_health_and_signals_are_without_it(self, judging, conversation):
        """Whatever it thinks of a turn."""
        worst = dict.fromkeys(RUBRICS, 1.0)
        judged = judging(lambda body: saying(json.dumps(worst)))
        tracked, talk = conversation(judged)
        talk.say(QUESTION, ANSWER)
        assert judged.judge.flush(LONG_S)
        assert judged.reports[0].scores == worst
        assert tracked.tracker.health("s").score == 1.0
        assert tracked.heard.named == []

    def test_it_is_off(self):
        """Unless both settings are made."""
        assert open_judge(Config(), b"key", tell=print, count=print) is None

    def test_no_thread_before_a_question(self):
        """Nor with it, where nothing is in the sample."""
        config = Config(judge_url="http://127.0.0.1:9/v1", judge_model="m")
        judge = open_judge(config, b"key", tell=print, count=print)
        assert judge._thread is None
        judge.close(0)

"""Sessions in, an alert out: replayed recordings through the real programs, up to a webhook.

Collector, Prometheus and Alertmanager run with the files that users get. Only addresses differ,
scraping and evaluation are every second, and the rules' windows are 60 times shorter.
"""

import gzip
import json
import subprocess
import sys
import time
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote

import pytest
import yaml

from dashboards.prometheus_names import metric_name, series_names
from otel_sessions import names
from otel_sessions.detectors import DETECTORS

TURNS = metric_name(names.TURN_EVALUATED)
ENDED = f"{metric_name(names.SESSION_TURNS)}_count"
SCALE = 1 / 60
ROOT = Path(__file__).parents[2]
TICKET_FOR_S = 900 * SCALE
LOST = "LlmSessionContextLostFast"
OURS = '{__name__=~"llm_session_.*|gen_ai_.*"}'


@pytest.fixture(scope="module")
def recordings():
    """Recorded calls: conversations that passed, and conversations cut to a window of messages."""
    folder = ROOT / "../shared/data/dev"
    if not folder.exists():
        pytest.skip("needs the recorded sessions in ../shared/data")

    def sessions(name):
        with gzip.open(folder / f"{name}.jsonl.gz", "rt") as lines:
            return [json.loads(line) for line in lines]

    def passed(name):
        return [each for each in sessions(name) if each["labels"].get("session_failure") == 0]

    return SimpleNamespace(
        healthy=passed("tau1")[:10] + passed("agentclinic")[:10],
        degraded=[
            each
            for each in sessions("p_calls")
            if each["labels"]["raw"]["kind"] == "sliding_window"
        ],
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("stack")


@pytest.fixture(scope="module")
def alertmanager(launch, program, receiver, http, folder):
    """Run Alertmanager, which tells the receiver; returns its address."""
    address = f"127.0.0.1:{http.free_port()}"
    config = yaml.safe_load((ROOT / "dashboards/prometheus/alertmanager.yaml").read_text())
    for each in config["receivers"]:
        each["webhook_configs"][0]["url"] = f"{receiver.url}/{each['name']}"
    (folder / "alertmanager.yaml").write_text(yaml.safe_dump(config))
    launch(
        "alertmanager",
        [
            program("alertmanager"),
            f"--config.file={folder / 'alertmanager.yaml'}",
            f"--storage.path={folder / 'alertmanager'}",
            f"--web.listen-address={address}",
            "--cluster.listen-address=",
        ],
        ready=f"http://{address}/-/ready",
    )
    return address


@pytest.fixture(scope="module")
def stack(collector, alertmanager, prometheus_api, http, folder):
    """Run the collector and Prometheus, and replay into them."""
    addresses = collector("prometheus")
    api = prometheus_api(addresses, scale=SCALE, alertmanager=alertmanager)
    return Stack(addresses.otlp, api, http, folder)


class Stack:
    """The running programs and what was replayed into them."""

    def __init__(self, otlp, api, http, folder):
        self.sessions = set()
        self._otlp, self._api, self._http, self._folder = otlp, api, http, folder
        self._numbers = count()

    def replay(self, recordings, *, copies=1):
        """Replay sessions under ids of their own; return their turns and their process.

        Waits for the last that the process told: all its sessions have ended.
        """
        number = next(self._numbers)
        before = self.instances()
        file = self._folder / f"{number}.jsonl"
        ids = []
        with file.open("w") as out:
            for copy in range(copies):
                for recording in recordings:
                    ids.append(f"{recording['session_id']}-{number}-{copy}")
                    out.write(json.dumps({**recording, "session_id": ids[-1]}) + "\n")
        done = subprocess.run(
            [
                *(Path(sys.executable).with_name("otel-sessions"), "replay", file),
                *("--ids", "--json", "--otlp", self._otlp),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        seen = json.loads(done.stdout)["sessions"]
        assert {each["session_id"] for each in seen} == set(ids)
        self.sessions |= set(ids)
        turns = sum(each["turns"] for each in seen)
        (instance,) = self._http.until(
            lambda: self.instances() - before, what="the replay's metrics"
        )
        told = [turns, len(ids)]
        of_it = f'{{instance="{instance}"}}'
        self._http.until(
            lambda: [self.value(f"sum({each}{of_it})") for each in (TURNS, ENDED)] == told,
            what=f"{turns} turns and {len(ids)} ended sessions of {instance} in Prometheus",
        )
        # A scrape may come while the collector takes in an export; the next one has all of it.
        told_at = time.time()
        self._http.until(
            lambda: (self.value("min(timestamp(up))") or 0) > told_at, what="another scrape"
        )
        return SimpleNamespace(turns=turns, instance=instance)

    def query(self, expr):
        return self._http.json(f"{self._api}/query?query={quote(expr)}")["data"]["result"]

    def value(self, expr):
        """Return the value of the only series, or `None`."""
        result = self.query(expr)
        return float(result[0]["value"][1]) if result else None

    def instances(self):
        return {each["metric"]["instance"] for each in self.query(f"group by (instance) ({TURNS})")}

    def series(self):
        everything = quote('{__name__=~".+"}')
        return self._http.json(f"{self._api}/series?match[]={everything}")["data"]

    def exemplars(self, expr):
        """Return what the points of a histogram lead to, of the last hour."""
        now = time.time()
        asked = f"query={quote(expr)}&start={now - 3600}&end={now}"
        found = self._http.json(f"{self._api}/query_exemplars?{asked}")["data"]
        return [exemplar for series in found for exemplar in series["exemplars"]]

    def alerts(self):
        return self._http.json(f"{self._api}/alerts")["data"]["alerts"]

    def rules(self):
        return self._http.json(f"{self._api}/rules")["data"]["groups"]

    def wait_for_evaluation_after(self, moment):
        """Wait until the slower rules were evaluated after this Unix time."""
        newest = 'min(timestamp(slo:error_ratio:rate3d{slo="healthy-turns"}))'
        self._http.until(
            lambda: (self.value(newest) or 0) >= moment,
            what=f"evaluation of the rules after {moment}",
        )


@pytest.fixture(scope="module")
def twenty(stack, recordings):
    return stack.replay(recordings.healthy)


@pytest.fixture(scope="module")
def sixty(stack, recordings, twenty):
    return stack.replay(recordings.healthy, copies=3)


def test_prometheus_has_as_many_turns_as_were_replayed(stack, twenty, sixty):
    assert sixty.turns == 3 * twenty.turns
    assert stack.value(f"sum({TURNS})") == twenty.turns + sixty.turns


def test_no_session_is_in_a_label(stack, sixty):
    """Labels, and the names of series, are the same whatever the sessions are called."""
    values = {value for each in stack.series() for value in each.values()}
    assert len(values) > 20
    assert not [(value, name) for value in values for name in stack.sessions if name in value]


OF_A_FIXED_SET = {
    names.LABEL_SIGNAL: {detector.__name__ for detector in DETECTORS},
    names.LABEL_SEVERITY: {"warning", "critical"},
    names.LABEL_HEALTHY: {"true", "false"},
    names.LABEL_OPERATION: {"append", "end", "take_idle"},
}
"""Labels whose value may differ between two replays on a busy machine, and all that it can be."""


def test_series_do_not_grow_with_sessions(stack, twenty, sixty):
    """Three times the sessions make the same series, but for labels that have few values."""
    different = {"instance", "server_port", *OF_A_FIXED_SET}

    def series(run):
        return [each for each in stack.series() if each.get("instance") == run.instance]

    def lasting(run):
        return {
            tuple(sorted((k, v) for k, v in each.items() if k not in different))
            for each in series(run)
        }

    assert lasting(sixty) == lasting(twenty)
    for label, values in OF_A_FIXED_SET.items():
        assert {each[label] for each in series(sixty) if label in each} <= values


def test_every_series_has_a_name_that_is_written_down(stack, sixty):
    """What the real collector makes of our names is what the rules and boards ask for."""
    ours = {each["metric"]["__name__"] for each in stack.query(f"group by (__name__) ({OURS})")}
    assert TURNS in ours
    assert ours <= {series for metric in names.METRICS for series in series_names(metric)}


@pytest.mark.parametrize(
    "metric", [names.OPERATION_DURATION, names.TURN_HEALTH], ids=lambda metric: metric.name
)
def test_a_figure_leads_to_a_trace(stack, sixty, metric):
    """A histogram's exemplars carry the trace in which a call happened."""
    exemplars = stack.exemplars(f"{metric_name(metric)}_bucket")
    assert exemplars
    assert {len(each["labels"]["trace_id"]) for each in exemplars} == {32}


def test_healthy_traffic_raises_nothing(stack, sixty):
    """Not even pending for as long as the ticket must be."""
    now = time.time()
    stack.wait_for_evaluation_after(now + TICKET_FOR_S + 3)
    assert stack.value("max(slo:error_ratio:rate3d{slo='healthy-turns'})") < 0.05
    assert stack.query('ALERTS_FOR_STATE{alertname=~"LlmSession.*"}') == []
    assert stack.alerts() == []


def test_no_rule_fails_on_real_data(stack, sixty):
    """Prometheus has evaluated each of them, and says that it could."""
    rules = [rule for group in stack.rules() for rule in group["rules"]]
    assert len(rules) > 100
    assert {rule["health"] for rule in rules} == {"ok"}
    assert not [rule for rule in rules if rule.get("lastError")]


def test_degraded_traffic_reaches_who_is_on_call(stack, sixty, recordings, receiver, http):
    """Histories are cut to a window: a page, with what a person needs to go on."""
    stack.replay(recordings.degraded, copies=10)

    def page():
        bodies = [json.loads(body) for body in receiver.bodies("/pages")]
        alerts = [alert for body in bodies for alert in body["alerts"]]
        return [each for each in alerts if each["labels"]["alertname"] == LOST]

    first = http.until(page, what="a page at the receiver")[0]
    assert first["status"] == "firing"
    assert first["labels"]["severity"] == "page"
    service, said = first["labels"]["service_name"], first["annotations"]
    assert f"of the turns of {service} lost the conversation before them" in said["summary"]
    assert (ROOT / said["runbook_url"]).is_file()
    # It may have resolved by now, because the windows are short.
    alerts = f'ALERTS{{alertstate="firing", alertname="{LOST}"}}'
    firing = stack.query(f"last_over_time({alerts}[1h])")
    assert [each["metric"]["service_name"] for each in firing] == [service]
    # An example: the traces of turns that are what the alert is about.
    assert f'resource.service.name = "{service}"' in said["example"]
    assert quote(service) in said["example_url"]
    found = stack.exemplars(said["exemplars"])
    assert {len(each["labels"]["trace_id"]) for each in found} == {32}


def test_alert_resolves_once_traffic_is_healthy_again(stack, recordings, receiver, http):
    """The short window forgets, so nobody has to wait for the long one."""
    stack.replay(recordings.healthy, copies=3)
    fast = f'ALERTS{{alertname="{LOST}", alertstate="firing"}}'
    http.until(lambda: not stack.query(fast), what="the page to resolve")

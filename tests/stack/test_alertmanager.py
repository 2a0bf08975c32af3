"""Who is told what: alerts of the generated rules through the real Alertmanager to a webhook.

It runs with the file that users get. Only the address of the webhook and the waiting times differ.
"""

import json
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

FOLDER = Path(__file__).parents[2] / "dashboards/prometheus"
RULES = {
    rule["alert"]: rule
    for group in yaml.safe_load((FOLDER / "rules.yaml").read_text())["groups"]
    for rule in group["rules"]
    if "alert" in rule
}
CONFIG = yaml.safe_load((FOLDER / "alertmanager.yaml").read_text())
WAITS = {"group_wait": "1s", "group_interval": "1s"}


class Alertmanager:
    """Takes alerts, and tells what it has told."""

    def __init__(self, api, receiver, http):
        self._api, self._receiver, self._http = api, receiver, http
        self._firing = {}

    def fire(self, *alerts, service):
        """Let alerts of the rules fire for a service, as Prometheus does."""
        self._post(alerts, service, ends_in_s=3600)

    def resolve(self, *alerts, service):
        self._post(alerts, service, ends_in_s=-1)

    def _post(self, alerts, service, ends_in_s):
        now = datetime.now(UTC)
        ends = (now + timedelta(seconds=ends_in_s)).isoformat()
        body = []
        for name in alerts:
            begins = self._firing.setdefault((name, service), now.isoformat())
            labels = {**RULES[name]["labels"], "alertname": name, "service_name": service}
            body.append({"labels": labels, "startsAt": begins, "endsAt": ends})
        request = urllib.request.Request(  # noqa: S310 - loopback only
            f"{self._api}/alerts",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as reply:  # noqa: S310
            assert reply.status == 200

    def messages(self, receiver, service):
        """Return the alerts that fire in each message about a service, oldest first."""
        bodies = [json.loads(body) for body in self._receiver.bodies(f"/{receiver}")]
        return [
            {each["labels"]["alertname"] for each in body["alerts"] if each["status"] == "firing"}
            for body in bodies
            if body["groupLabels"] == {"service_name": service}
        ]

    def wait_for(self, receiver, service, alert):
        """Wait for a message that has an alert, and return the message."""

        def found():
            return [each for each in self.messages(receiver, service) if alert in each]

        return self._http.until(found, what=f"{alert} at {receiver}")[-1]

    def held_back(self, service):
        """Return the alerts that are inhibited."""
        found = self._http.json(f"{self._api}/alerts?active=false")
        return {
            each["labels"]["alertname"]
            for each in found
            if each["labels"]["service_name"] == service and each["status"]["inhibitedBy"]
        }


@pytest.fixture(scope="module")
def alertmanager(launch, program, receiver, http, tmp_path_factory):
    folder = tmp_path_factory.mktemp("alertmanager")
    address = f"127.0.0.1:{http.free_port()}"
    config = {**CONFIG, "route": {**CONFIG["route"], **WAITS}}
    config["route"]["routes"] = [{**each, **WAITS} for each in config["route"]["routes"]]
    for each in config["receivers"]:
        each["webhook_configs"][0]["url"] = f"{receiver.url}/{each['name']}"
    (folder / "alertmanager.yaml").write_text(yaml.safe_dump(config))
    launch(
        "alertmanager",
        [
            program("alertmanager"),
            f"--config.file={folder / 'alertmanager.yaml'}",
            f"--storage.path={folder / 'data'}",
            f"--web.listen-address={address}",
            "--cluster.listen-address=",
        ],
        ready=f"http://{address}/-/ready",
    )
    return Alertmanager(f"http://{address}/api/v2", receiver, http)


def test_a_page_and_a_ticket_go_different_ways(alertmanager):
    alertmanager.fire("LlmSessionTurnsLateFast", "LlmSessionContextLostSlow", service="routes")
    assert alertmanager.wait_for("pages", "routes", "LlmSessionTurnsLateFast") == {
        "LlmSessionTurnsLateFast"
    }
    assert alertmanager.wait_for("tickets", "routes", "LlmSessionContextLostSlow") == {
        "LlmSessionContextLostSlow"
    }


def test_what_a_service_has_is_one_message(alertmanager):
    both = {"LlmSessionContextLostFast", "LlmSessionTurnsUnhealthyFast"}
    for service in ("shop", "desk"):
        alertmanager.fire(*both, service=service)
    for service in ("shop", "desk"):
        assert alertmanager.wait_for("pages", service, "LlmSessionContextLostFast") == both
        assert len(alertmanager.messages("pages", service)) == 1


@pytest.mark.parametrize("symptom", ["LlmSessionContextLostFast", "LlmSessionContextLostSlow"])
def test_a_cause_is_held_back_under_its_symptom_only(alertmanager, symptom):
    """Until the symptom is over. Causes of other objectives, and of other services, are told."""
    sick, other = f"sick-{symptom}", f"other-{symptom}"
    alertmanager.fire(symptom, service=sick)
    receiver = "pages" if symptom.endswith("Fast") else "tickets"
    alertmanager.wait_for(receiver, sick, symptom)
    causes = ("LlmSessionStoreFills", "LlmSessionStoreSlow", "LlmSessionCostJumps")
    alertmanager.fire(*causes, service=sick)
    alertmanager.fire(*causes, service=other)
    told = alertmanager.wait_for("tickets", sick, "LlmSessionCostJumps")
    assert told - {symptom} == {"LlmSessionStoreSlow", "LlmSessionCostJumps"}
    assert alertmanager.held_back(sick) == {"LlmSessionStoreFills"}
    assert alertmanager.wait_for("tickets", other, "LlmSessionStoreFills") == set(causes)
    alertmanager.resolve(symptom, service=sick)
    assert "LlmSessionStoreFills" in alertmanager.wait_for("tickets", sick, "LlmSessionStoreFills")


def test_whoever_was_woken_gets_no_ticket_about_the_same(alertmanager):
    alertmanager.fire("LlmSessionTurnsUnhealthyFast", service="woken")
    alertmanager.wait_for("pages", "woken", "LlmSessionTurnsUnhealthyFast")
    alertmanager.fire("LlmSessionTurnsUnhealthySlow", "LlmSessionTurnsLateSlow", service="woken")
    told = alertmanager.wait_for("tickets", "woken", "LlmSessionTurnsLateSlow")
    assert told == {"LlmSessionTurnsLateSlow"}
    assert alertmanager.held_back("woken") == {"LlmSessionTurnsUnhealthySlow"}


def test_every_cause_names_an_objective_that_has_a_symptom():
    """So that no cause is held back under nothing; money has no objective."""
    symptoms = {rule["labels"]["slo"] for rule in RULES.values() if _is(rule, "symptom")}
    causes = {name: rule["labels"].get("slo") for name, rule in RULES.items() if _is(rule, "cause")}
    assert {name for name, slo in causes.items() if slo is None} == {"LlmSessionCostJumps"}
    assert set(causes.values()) - {None} <= symptoms


def _is(rule, kind):
    return rule["labels"]["kind"] == kind

"""Kubernetes manifests and the compose file: they fit their schemas and the files that they carry.

No cluster and no container is there. What kustomize makes is compared with Kubernetes' own schemas
and with those of the Prometheus operator; what runs in the pods, the other tests run natively.
"""

import json
import subprocess
from pathlib import Path

import jsonschema
import kubernetes_validate
import pytest
import yaml

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "collector"
BOARDS = sorted((ROOT / "dashboards/grafana").glob("*.json"))
OVERLAYS = sorted(
    path
    for path in FOLDER.glob("*.yaml")
    if path.name not in {"builder.yaml", "compose.yaml", "front.yaml", "kustomization.yaml"}
)
OPERATOR = """
import { readFileSync } from "fs";
const models = await import(process.argv[1]);
for (const given of JSON.parse(readFileSync(0))) new models[given.kind](given).validate();
"""
KUBERNETES = "1.34"


@pytest.fixture(scope="module")
def made(program):
    """What `kubectl apply -k collector` would apply, by kind and name."""
    done = subprocess.run(
        [program("kustomize"), "build", FOLDER], capture_output=True, text=True, check=True
    )
    return list(yaml.safe_load_all(done.stdout))


@pytest.fixture(scope="module")
def of_kind(made):
    return lambda kind: [each for each in made if each["kind"] == kind]


@pytest.fixture(scope="module")
def pod(of_kind):
    (deployment,) = of_kind("Deployment")
    return deployment["spec"]["template"]["spec"]


def is_operators(document):
    return document["apiVersion"].startswith("monitoring.coreos.com/")


def example():
    return list(yaml.safe_load_all((FOLDER / "kubernetes/sidecar.yaml").read_text()))


def test_everything_fits_kubernetes_schemas(made):
    """Strictly: a field that Kubernetes does not know is an error."""
    documents = [each for each in [*made, *example()] if not is_operators(each)]
    assert {"ConfigMap", "Deployment", "PersistentVolumeClaim", "Service"} == {
        each["kind"] for each in documents
    }
    for document in documents:
        kubernetes_validate.validate(document, KUBERNETES, strict=True)


def test_rules_and_monitor_fit_the_operators_schemas(made, program):
    documents = [each for each in made if is_operators(each)]
    assert {each["kind"] for each in documents} == {"PrometheusRule", "ServiceMonitor"}
    models = program("prometheus-operator") / (
        "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/index.js"
    )
    done = subprocess.run(
        ["node", "--input-type=module", "--eval", OPERATOR, str(models)],  # noqa: S607 - of the path
        input=json.dumps(documents),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_rules_are_those_of_prometheus(of_kind):
    (rule,) = of_kind("PrometheusRule")
    rules = yaml.safe_load((ROOT / "dashboards/prometheus/rules.yaml").read_text())
    assert rule["spec"] == rules


@pytest.mark.parametrize("path", [*OVERLAYS, *BOARDS], ids=lambda path: path.name)
def test_a_file_is_in_a_config_map_as_it_is(of_kind, path):
    """Each overlay and each board; the boards where Grafana looks for them."""
    (holder,) = [each for each in of_kind("ConfigMap") if path.name in each["data"]]
    assert holder["data"][path.name] == path.read_text()
    assert (path in BOARDS) == (holder["metadata"]["labels"].get("grafana_dashboard") == "1")


def test_the_pod_runs_the_collector_with_files_that_it_has(of_kind, pod):
    (container,) = pod["containers"]
    manifest = yaml.safe_load((FOLDER / "builder.yaml").read_text())
    assert container["image"].endswith(f":{manifest['dist']['version']}")
    (mount,) = [each for each in container["volumeMounts"] if each["name"] == "config"]
    (volume,) = [each for each in pod["volumes"] if each["name"] == "config"]
    (files,) = [
        each["data"]
        for each in of_kind("ConfigMap")
        if each["metadata"]["name"] == volume["configMap"]["name"]
    ]
    for argument in container["args"]:
        path = Path(argument.removeprefix("--config="))
        assert str(path.parent) == mount["mountPath"]
        assert path.name in files


def test_the_pod_gives_the_collector_what_its_files_read(pod):
    (container,) = pod["containers"]
    given = {each["name"]: each["value"] for each in container["env"]}
    text = "".join((FOLDER / Path(each).name).read_text() for each in container["args"])
    assert all(f"${{env:{name}:" in text for name in given if name != "GOMEMLIMIT")
    limit_mib = int(given["OTEL_SESSIONS_MEMORY_MIB"])
    assert given["GOMEMLIMIT"] == f"{limit_mib}MiB"
    assert container["resources"]["limits"]["memory"] == f"{limit_mib * 3 // 2}Mi"


def test_ports_lead_from_the_service_to_the_pod(of_kind, pod):
    (container,) = pod["containers"]
    (service,) = of_kind("Service")
    (monitor,) = of_kind("ServiceMonitor")
    names = {each["name"] for each in container["ports"]}
    exposed = {each["name"] for each in service["spec"]["ports"]}
    assert {each["targetPort"] for each in service["spec"]["ports"]} <= names
    assert {each["port"] for each in monitor["spec"]["endpoints"]} <= exposed
    assert container["livenessProbe"]["httpGet"]["port"] in names


def test_the_compose_file_fits_the_schema_of_its_specification(program):
    schema = json.loads(program("compose-spec").read_text())
    jsonschema.validate(yaml.safe_load((FOLDER / "compose.yaml").read_text()), schema)

"""The compose file: it fits the files beside it.

No container is started; what the containers are given is run natively by the other tests here.
"""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "collector"
SERVICES = yaml.safe_load((FOLDER / "compose.yaml").read_text())["services"]
COLLECTOR = SERVICES["collector"]


def variables(path):
    return set(re.findall(r"\$\{env:(\w+)", path.read_text()))


def mounts(service):
    """Files and folders of the project by their place in the container."""
    parts = (volume.split(":") for volume in service.get("volumes", ()))
    return {
        Path(target): (FOLDER / source).resolve() for source, target, *_ in parts if "/" in source
    }


@pytest.mark.parametrize("name", list(SERVICES))
def test_service_is_pinned_and_its_files_exist(name):
    service = SERVICES[name]
    assert re.search(r":v?\d+\.\d+\.\d+$", service["image"])
    assert all(source.exists() for source in mounts(service).values())
    assert set(service.get("depends_on", ())) <= set(SERVICES)


def test_every_port_is_on_loopback_and_used_once():
    ports = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert len(set(ports)) == len(ports)


def test_collector_is_the_one_of_the_manifest():
    manifest = yaml.safe_load((FOLDER / "builder.yaml").read_text())
    assert COLLECTOR["image"].endswith(f":{manifest['dist']['version']}")


def test_collector_gets_only_variables_that_its_files_read():
    files = [
        mounts(COLLECTOR)[Path(line.removeprefix("--config="))] for line in COLLECTOR["command"]
    ]
    names = ["base.yaml", "prometheus.yaml", "otlp.yaml", "mine.yaml"]
    assert [path.name for path in files] == names
    read = {name for path in files for name in variables(path)}
    assert set(COLLECTOR["environment"]) - {"GOMEMLIMIT"} <= read


def test_collector_has_half_as_much_memory_again_as_it_fills():
    """What tests/stack/pipelines/test_memory.py measures."""
    limit_mib = int(COLLECTOR["environment"]["OTEL_SESSIONS_MEMORY_MIB"])
    assert COLLECTOR["environment"]["GOMEMLIMIT"] == f"{limit_mib}MiB"
    assert COLLECTOR["mem_limit"] == f"{limit_mib * 3 // 2}m"


@pytest.mark.parametrize("name", ["prometheus", "alertmanager", "tempo"])
def test_program_reads_a_file_that_is_mounted(name):
    flags = [line for line in SERVICES[name]["command"] if "config.file=" in line]
    assert [Path(flag.partition("=")[2]) in mounts(SERVICES[name]) for flag in flags] == [True]


def test_addresses_name_services_that_listen():
    """What Prometheus scrapes and Grafana asks are services of the file."""
    prometheus = yaml.safe_load((ROOT / "dashboards/prometheus/prometheus.yaml").read_text())
    jobs = [*prometheus["scrape_configs"], *prometheus["alerting"]["alertmanagers"]]
    targets = {
        target for job in jobs for each in job["static_configs"] for target in each["targets"]
    }
    provisioning = ROOT / "dashboards/grafana/provisioning/datasources/otel-sessions.yaml"
    sources = yaml.safe_load(provisioning.read_text())["datasources"]
    targets |= {source["url"].removeprefix("http://") for source in sources}
    assert targets == {
        *("collector:8889", "collector:8888", "alertmanager:9093"),
        *("prometheus:9090", "tempo:3200"),
    }


def test_grafana_finds_the_boards_and_starts_with_one():
    path = ROOT / "dashboards/grafana/provisioning/dashboards/otel-sessions.yaml"
    (provider,) = yaml.safe_load(path.read_text())["providers"]
    folder = mounts(SERVICES["grafana"])[Path(provider["options"]["path"])]
    boards = {path.name for path in folder.glob("*.json")}
    assert len(boards) == 5
    home = Path(SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert str(home.parent) == provider["options"]["path"]
    assert home.name in boards

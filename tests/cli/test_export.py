"""`otel-sessions export`: what is written is what lies in the clone; what is the user's stays."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]


def written(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def export(otel_sessions_program, tmp_path):
    """Run the command; returns what it said and the folder."""
    folder = tmp_path / "made" / "for me"

    def run(part, *options, before="pass"):
        return otel_sessions_program("export", part, folder, *options, before=before), folder

    return run


@pytest.mark.parametrize(
    ("part", "base", "some"),
    [
        ("collector", "collector", {"base.yaml", "sampling.yaml", "compose.yaml", "mine.yaml"}),
        ("dashboards", "dashboards", {"grafana/sessions.json", "tempo/tempo.yaml"}),
        ("rules", "dashboards", {"prometheus/rules.yaml", "slo.yaml"}),
        ("all", ".", {"collector/base.yaml", "dashboards/grafana/sessions.json"}),
    ],
)
def test_a_part_is_written_as_it_is_in_the_clone(export, part, base, some):
    """Data only, no programs; links to runbooks aside."""
    done, folder = export(part, "--runbooks", "dashboards/runbooks")
    assert (done.returncode, done.stderr) == (0, "")
    files = written(folder)
    assert some <= files.keys()
    assert {Path(name).suffix for name in files} <= {".json", ".md", ".yaml"}
    for name, content in files.items():
        assert content == (ROOT / base / name).read_bytes()
    assert done.stdout == f"{len(files)} files written to {folder}\n"


def test_every_file_of_the_clone_is_in_some_part(export):
    """A file that is added is exported, too."""
    _, folder = export("all")
    listed = {
        str(path.relative_to(ROOT))
        for above in ("collector", "dashboards")
        for path in (ROOT / above).rglob("*")
        if path.suffix in {".json", ".md", ".yaml"}
    }
    assert written(folder).keys() == listed


@pytest.mark.parametrize(
    ("part", "rules", "options", "links"),
    [
        ("rules", "prometheus/rules.yaml", (), "runbooks/"),
        ("rules", "prometheus/rules.yaml", ("--runbooks", "https://wiki.example.com/llm/"),
         "https://wiki.example.com/llm/"),
        ("all", "dashboards/prometheus/rules.yaml", (), "dashboards/runbooks/"),
    ],
)  # fmt: skip
def test_links_lead_to_runbooks_where_they_are(export, part, rules, options, links):
    """Below the folder, or below the address that was given; then nothing is left to say."""
    done, folder = export(part, *options)
    groups = yaml.safe_load((folder / rules).read_text())["groups"]
    found = [
        rule["annotations"]["runbook_url"]
        for group in groups
        for rule in group["rules"]
        if "alert" in rule
    ]
    assert found
    for link in found:
        assert re.fullmatch(rf"{re.escape(links)}\w+\.md", link)
        assert options or (folder / link).is_file()
    assert bool(options) != ("--runbooks URL" in done.stderr)


def test_a_folder_that_is_not_empty_is_left_alone(export):
    """The error says what to do."""
    _, folder = export("collector")
    (folder / "base.yaml").write_text("mine")
    before = written(folder)
    done, _ = export("collector")
    assert done.returncode == 2
    assert f"{folder} is not empty" in done.stderr
    assert "--force" in done.stderr
    assert written(folder) == before


def test_force_replaces_all_but_what_is_the_users(export):
    """Their overlay and their receivers stay, and a file of another name."""
    _, folder = export("all")
    yours = ["collector/mine.yaml", "dashboards/prometheus/alertmanager.yaml", "notes.txt"]
    for name in [*yours, "collector/base.yaml"]:
        (folder / name).write_text("changed")
    done, _ = export("all", "--force")
    assert done.returncode == 0
    for name in yours:
        assert (folder / name).read_text() == "changed"
    assert (folder / "collector/base.yaml").read_text() != "changed"
    assert "collector/mine.yaml was there already" in done.stdout


def test_what_cannot_be_written_is_said(export, otel_sessions_program, tmp_path):
    (tmp_path / "made").write_text("a file")
    done, folder = export("rules")
    assert done.returncode == 2
    assert f"cannot write {folder}" in done.stderr
    done = otel_sessions_program("export", "rules", tmp_path / "made")
    assert done.returncode == 2
    assert "is a file: give a folder" in done.stderr


def test_an_installation_without_the_files_is_told_apart(export):
    """As a wheel is that somebody repacked."""
    done, _ = export(
        "all", before="import otel_sessions.cli.export as e; e.__file__ = '/nowhere/cli/export.py'"
    )
    assert done.returncode == 2
    assert "install otel-sessions again" in done.stderr

"""The program as a whole: help, version, and what it says when something is not there."""

from importlib.metadata import version

import pytest

from otel_sessions.cli import COMMANDS, main

NAMES = [command.NAME for command in COMMANDS]


def test_help_lists_every_command_with_its_summary(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    shown = capsys.readouterr().out
    assert ended.value.code == 0
    assert all(c.NAME in shown and c.SUMMARY.split()[0] in shown for c in COMMANDS)


@pytest.mark.parametrize("name", NAMES)
def test_help_of_a_command_says_what_its_exit_status_means(name, capsys):
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    assert "Exit status: 0 if" in capsys.readouterr().out


@pytest.mark.parametrize("name", NAMES)
def test_every_option_of_a_command_has_a_help_text(name, capsys):
    with pytest.raises(SystemExit):
        main([name, "--help"])
    options = capsys.readouterr().out.partition("options:")[2]
    bare = [s for s in options.splitlines() if s.startswith("  --") and len(s.split()) < 2]
    assert bare == []


def test_version_is_the_packages_version(capsys):
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"otel-sessions {version('otel-sessions')}\n"


def test_no_command_is_an_error(capsys):
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 2


@pytest.mark.parametrize("missing", ["openai", "rich"])
def test_without_the_extra_one_line_says_what_to_install(missing, otel_sessions_program, recorded):
    file = recorded({"session_id": "s", "messages": []})
    for arguments in (["demo"], ["replay", file]):
        ran = otel_sessions_program(*arguments, before=f"sys.modules[{missing!r}] = None")
        assert (ran.returncode, ran.stdout) == (2, "")
        assert len(ran.stderr.splitlines()) == 1
        assert 'pip install "otel-sessions[demo]"' in ran.stderr


def test_a_disabled_sdk_is_an_error_and_not_an_empty_result(otel_sessions_program):
    ran = otel_sessions_program("demo", "--json", OTEL_SDK_DISABLED="true")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "OTEL_SDK_DISABLED" in ran.stderr

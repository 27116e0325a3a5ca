"""The flags of the app where no terminal is needed, and what it does where there is none."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from cli.conftest import FLOWS, Flopod

ORDER = '{"id": 7, "items": []}'
FLAGS = (
    *("--filter", "--read-only", "--theme", "--ascii", "--no-mouse", "--low-bandwidth"),
    *("--refresh", "--once", "--show-config", "--keys", "--screenshot", "--no-worker"),
    *("--backend", "--workflows", "--exit-on-lost"),
)
DISPLAY = ("--theme", "--ascii", "--no-mouse", "--low-bandwidth", "--refresh")


@pytest.fixture
def two_runs(flopod: Flopod) -> None:
    """Have a run that is done and one that failed."""
    flopod("run", "order", ORDER, "-w", FLOWS, "--run-id", "good")
    flopod("run", "broken", "-w", FLOWS, "--run-id", "bad")


def config(home: Path, text: str) -> None:
    """Write the settings file."""
    file = home / "config/flopod/tui.toml"
    file.parent.mkdir(parents=True)
    file.write_text(text)


@pytest.mark.parametrize("command", ["", "tui"])
def test_both_forms_of_the_command_take_every_flag(flopod: Flopod, command: str) -> None:
    help = flopod(*filter(None, [command]), "--help").out
    assert [flag for flag in FLAGS if flag not in help] == []


def test_the_demo_takes_the_flags_of_the_display(flopod: Flopod) -> None:
    help = flopod("demo", "--help").out
    assert [flag for flag in DISPLAY if flag not in help] == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_every_flag(flopod: Flopod, shell: str) -> None:
    script = flopod("completion", shell).out
    assert [flag for flag in FLAGS if flag.removeprefix("--") not in script] == []


def test_flags_are_completed_without_a_command_too(flopod: Flopod) -> None:
    ask = "COMP_WORDS=(flopod --low); COMP_CWORD=1; _flopod; echo ${COMPREPLY[*]}"
    ask += "; COMP_WORDS=(flopod --theme m); COMP_CWORD=2; _flopod; echo ${COMPREPLY[*]}"
    ask += "; COMP_WORDS=(flopod demo --theme d); COMP_CWORD=3; _flopod; echo ${COMPREPLY[*]}"
    script = flopod("completion", "bash").out
    done = subprocess.run(["bash"], input=f"{script}\n{ask}\n", capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("--low-bandwidth\nmono\ndark\n", "")


def test_once_prints_the_list_that_the_filter_takes(flopod: Flopod, two_runs: None) -> None:
    assert flopod("--once").out == flopod("runs").out
    assert flopod("tui", "--once", "--filter", "status:failed").out == flopod("runs", "bad").out


def test_without_a_terminal_a_run_is_shown(flopod: Flopod, two_runs: None) -> None:
    assert flopod("tui", "bad").out == flopod("show", "bad").out
    assert flopod("tui", "nope").code == 2


def test_show_config_prints_settings_that_can_be_pasted(flopod: Flopod, home: Path) -> None:
    config(home, 'theme = "light"\n[saved_filters]\nmine = "wf:order"\n')
    said = flopod("--show-config", "--ascii", "--refresh", "2")
    held = tomllib.loads(said.out)
    assert (said.code, said.err) == (0, "")
    assert (held["theme"], held["ascii"], held["refresh"]) == ("light", True, 2.0)
    assert held["saved_filters"] == {"mine": "wf:order"}
    lines = dict(line.split(" = ", 1) for line in said.out.splitlines() if " = " in line)
    assert lines["theme"].endswith("# tui.toml line 1")
    assert lines["ascii"].endswith("# the command line")
    assert lines["mouse"].endswith("# default")
    assert str(home / "config/flopod/tui.toml") in said.out


def test_a_wrong_setting_is_a_warning_and_no_obstacle(
    flopod: Flopod, home: Path, two_runs: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    config(home, "\nasci = true\n")
    monkeypatch.setenv("FLOPOD_TUI_MOUSE", "maybe")
    said = flopod("--once")
    assert said.code == 0 and "good" in said.out
    file = home / "config/flopod/tui.toml"
    assert said.err.splitlines() == [
        f"flopod: {file} line 2: there is no setting asci; did you mean ascii; it is left out",
        "flopod: FLOPOD_TUI_MOUSE is 'maybe'; it takes true or false; taken is true",
    ]


def test_a_filter_may_name_a_saved_one(flopod: Flopod, home: Path, two_runs: None) -> None:
    config(home, '[saved_filters]\nbroken = "status:failed"\n')
    assert flopod("--once", "--filter", "@broken").out == flopod("runs", "bad").out


def test_all_keys_are_listed_with_their_actions(flopod: Flopod, home: Path) -> None:
    config(home, '[keymap]\nfilter = "f3"\n')
    lines = flopod("--keys").out.splitlines()
    assert {"Everywhere", "Lists", "Runs", "Run"} <= set(lines)
    changing = [line.split()[1:3] for line in lines if line.startswith("! ")][:-1]
    assert {("D", "deliver"), ("R", "retry"), ("S", "start"), ("X", "cancel")} <= {
        (key, action) for key, action in changing
    }
    assert [line.split()[0] for line in lines if " filter " in line][:1] == ["F3"]


def test_a_picture_of_the_first_screen_is_written_without_a_terminal(
    flopod: Flopod, home: Path, two_runs: None
) -> None:
    picture = home / "runs.svg"
    said = flopod("--screenshot", str(picture))
    assert (said.code, said.out) == (0, "")
    text = picture.read_text()
    assert text.startswith("<svg") and "good" in text and "broken" in text
    assert picture.stat().st_mode & 0o777 == 0o600
    again = flopod("--screenshot", str(picture))
    assert again.code == 2 and "name a new file" in again.err


def test_closed_streams_do_not_become_files(home: Path) -> None:
    ask = f"{sys.executable} -m flopod_tui runs"
    env = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "TERM": "xterm"}
    for closed in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
        done = subprocess.run(["sh", "-c", f"{ask} {closed}"], capture_output=True, env=env)
        assert done.returncode == 0, closed
        assert b"Traceback" not in done.stderr

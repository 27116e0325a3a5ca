"""The units for systemd in `deploy`, and what PRODUCTION.md says of the commands."""

from __future__ import annotations

import configparser
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from flopod_tui.cli import parser

ROOT = Path(__file__).parents[2]
UNITS = sorted((ROOT / "deploy").iterdir())
WORKER, PRUNE = ROOT / "deploy/flopod-worker.service", ROOT / "deploy/flopod-prune.service"


def read(unit: Path) -> configparser.ConfigParser:
    read = configparser.ConfigParser(interpolation=None, delimiters=("=",))
    read.optionxform = str  # type: ignore[assignment]
    read.read_string(unit.read_text())
    return read


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_parses(unit: Path) -> None:
    assert set(read(unit)) - {"DEFAULT", "Unit", "Install"} <= {"Service", "Timer"}


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not here")
def test_systemd_has_nothing_to_say_against_them(tmp_path: Path) -> None:
    there = shutil.which("true") or "/bin/true"
    for unit in UNITS:
        text = unit.read_text().replace("/opt/flopod/bin/flopod", there)
        (tmp_path / unit.name).write_text(text.replace("/opt/flopod", str(tmp_path)))
    done = subprocess.run(
        ["systemd-analyze", "verify", *(tmp_path / unit.name for unit in UNITS)],
        capture_output=True,
        text=True,
    )
    said = [line for line in done.stderr.splitlines() if "flopod" in line]
    assert (done.returncode, said) == (0, [])


def test_both_services_are_closed_alike() -> None:
    worker, prune = read(WORKER)["Service"], read(PRUNE)["Service"]
    closed = {name: value for name, value in worker.items() if re.match("Priv|Prot|Rest.*s=", name)}
    assert len(closed) >= 10
    assert {name: prune.get(name) for name in closed} == closed
    assert "ProtectProc" not in worker and worker["KillMode"] == "mixed"
    assert worker["NoNewPrivileges"] == "yes" and worker["ProtectSystem"] == "strict"
    assert worker["User"] == prune["User"] and worker["StateDirectory"] == prune["StateDirectory"]


@pytest.mark.parametrize("unit", [WORKER, PRUNE], ids=lambda unit: unit.name)
def test_what_a_unit_starts_is_a_command_of_ours(unit: Path) -> None:
    program, *argv = shlex.split(read(unit)["Service"]["ExecStart"])
    assert Path(program).name == "flopod"
    assert parser().parse_args(argv).command == argv[0]


def test_the_commands_of_the_guide_are_commands_of_ours() -> None:
    guide = (ROOT / "PRODUCTION.md").read_text()
    lines = re.findall(r"^ {4}(flopod .*?)(?: {2,}#.*)?$", guide, re.MULTILINE)
    lines += re.findall(r"`(flopod (?:workers|prune|runs|worker|doctor)[^`|…]*?)`", guide)
    assert len(lines) > 8
    for line in lines:
        argv = shlex.split(line.replace(" N", " 8").replace(":N", ":8"))[1:]
        assert parser().parse_args(argv).command

"""The built-in workflows, end to end on real files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from cli.conftest import Flopod

APPROVAL = '{"by": "alice"}'


def take_inventory(flopod: Flopod, input: dict[str, Any], run_id: str = "i") -> Any:
    """Queue an inventory, approve it beforehand, and run it to its end."""
    flopod("start", "inventory", json.dumps(input), "--run-id", run_id)
    flopod("deliver", run_id, "approval", "approve", APPROVAL)
    said = flopod("run", "inventory", "--run-id", run_id)
    assert said.code == 0, said.err
    return said.json


def test_the_manifest_of_odd_file_names_passes_sha256sum(flopod: Flopod, home: Path) -> None:
    names = [b"plain", b"with space", b"new\nline", b"back\\slash", b"latin-\xe9", b"-dash", b"\r"]
    (home / "files/deep").mkdir(parents=True)
    for name in names:
        (home / os.fsdecode(b"files/deep/" + name)).write_bytes(name)
    (home / "files/link").symlink_to("deep/plain")
    os.mkfifo(home / "files/pipe")
    report = take_inventory(flopod, {"directory": "files", "out": "m.sha256"})
    assert report["files"] == len(names)
    assert report["bytes"] == sum(map(len, names))
    assert report["approved_by"] == "alice"
    assert report["manifest"] == str(home / "m.sha256")
    checked = subprocess.run(["sha256sum", "-c", "--strict", home / "m.sha256"], cwd="/")
    assert checked.returncode == 0
    lines = (home / "m.sha256").read_bytes().splitlines()
    assert len(lines) == len(names)


def test_an_inventory_finds_doubles_and_kinds(flopod: Flopod, home: Path) -> None:
    (home / "files").mkdir()
    for name, text in (("a.txt", "same"), ("b.txt", "same"), ("c.py", "other"), ("none", "")):
        (home / "files" / name).write_text(text)
    report = take_inventory(flopod, {"directory": "files"})
    assert report["kinds"] == {".txt": 2, ".py": 1, "none": 1}
    assert report["doubles"] == 1
    state = flopod("show", "i", "--json").json["state"]
    assert state["doubles"]["value"] == [["a.txt", "b.txt"]]
    assert state["bytes"]["value"] == 13


def test_the_manifest_is_not_in_itself_nor_is_our_own_data(flopod: Flopod, home: Path) -> None:
    (home / "file").write_text("x")
    (home / "m.sha256").write_text("of last time")
    assert take_inventory(flopod, {"directory": ".", "out": "m.sha256"})["files"] == 1
    assert take_inventory(flopod, {"directory": ".", "out": "m.sha256"}, "again")["files"] == 1


def test_a_file_that_is_gone_is_left_out_and_counted(flopod: Flopod, home: Path) -> None:
    (home / "files").mkdir()
    (home / "files/there").write_text("x")
    (home / "files/gone").write_text("y")
    take_inventory(flopod, {"directory": "files", "out": "m"})
    events = [line.split() for line in flopod("tail", "i").out.splitlines()]
    walked = next(seq for seq, _, *what in events if what[:2] == ["ActivityCompleted", "walk"])
    (home / "files/gone").unlink()
    flopod("fork", "i", "--at", walked, "--run-id", "later")
    report = flopod("run", "inventory", "--run-id", "later").json
    assert (report["files"], report["unreadable"]) == (1, 1)
    assert (home / "m").read_text().split()[1:] == [str(home / "files/there")]


def test_without_an_approval_nothing_is_written(flopod: Flopod, home: Path) -> None:
    (home / "files").mkdir()
    (home / "files/one").write_text("1")
    input = json.dumps({"directory": "files", "out": "m", "patience": "10ms"})
    report = flopod("run", "inventory", input).json
    assert (report["approved_by"], report["manifest"]) == (None, None)
    assert not (home / "m").exists()


def test_a_disk_that_is_too_full_raises_an_alarm(flopod: Flopod, home: Path) -> None:
    fine = '{"every": "1ms", "samples": 2, "full_above": 101}'
    assert flopod("run", "watch-disk", fine).json["alarms"] == 0
    assert not (home / ".flopod/alarms.log").exists()
    full = '{"every": "1ms", "samples": 3, "full_above": -1}'
    said = flopod("run", "watch-disk", full, "--run-id", "w")
    assert (said.json["samples"], said.json["alarms"]) == (3, 3)
    assert len((home / ".flopod/alarms.log").read_text().splitlines()) == 3
    taken = [line for line in flopod("tail", "w").out.splitlines() if "BranchTaken" in line]
    assert len(taken) == 3


def test_the_demo_does_real_work_without_the_app(home: Path) -> None:
    env = {**os.environ, "TMPDIR": str(home)}
    command = [sys.executable, "-m", "flopod_tui", "demo", "--no-app"]
    said = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)
    assert said.returncode == 0, said.stderr
    assert json.loads(said.stdout)["status"] == "ok"
    [manifest] = home.glob("flopod-demo-*/manifests/*.sha256")
    assert str(manifest) in said.stderr
    subprocess.run(["sha256sum", "-c", "--status", manifest], check=True)
    assert not (home / ".flopod").exists()


def test_the_demo_with_the_app_asks_for_a_terminal(flopod: Flopod) -> None:
    said = flopod("demo")
    assert (said.code, said.out) == (2, "")
    assert "--no-app" in said.err

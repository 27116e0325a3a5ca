"""`flopod worker --executor processes`: steps in processes that begin and end with the worker."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from cli.conftest import Flopod
from cli.test_processes import begun, finished, until
from flopod.process import process_start

HEAVY = ("-w", str(Path(__file__).with_name("heavy.py")))


@pytest.fixture
def store(home: Path) -> str:
    return f"sqlite:{home}/runs.db"


def outputs(flopod: Flopod, store: str, run_id: str) -> dict[str, Any]:
    """Return what the steps of a run, and the run itself, came to."""
    said = flopod("tail", run_id, "--no-follow", "--jsonl", "--backend", store)
    events = map(json.loads, said.out.splitlines())
    return {e["path"]: e["data"]["output"] for e in events if e["type"].endswith("Completed")}


def start(store: str, *argv: str) -> None:
    done = finished("start", *argv, *HEAVY, "--backend", store)
    assert done.returncode == 0, done.stderr


def test_ctrl_c_lets_steps_in_flight_end_and_leaves_no_process(
    flopod: Flopod, store: str, home: Path
) -> None:
    file = home / "pid"
    start(store, "heavy", '"x"', "--run-id", "h")
    start(store, "slow", json.dumps(str(file)), "--run-id", "s")
    with begun("worker", *HEAVY, "--executor", "processes:1", "--backend", store) as worker:
        until(file.exists)
        os.kill(worker.pid, signal.SIGINT)
        os.kill(int(until(file.read_text)), signal.SIGINT)  # as a terminal does
        assert worker.wait(30) == 130
        assert worker.stderr is not None
        said = worker.stderr.read().splitlines()
    assert len(said) == 2, said
    assert outputs(flopod, store, "s") == {"long": "done"}
    pid = int(file.read_text())
    until(lambda: process_start(pid) is None)
    assert outputs(flopod, store, "h")["where"] == ["a", pid]


def test_the_processes_of_a_killed_worker_end_too(store: str, home: Path) -> None:
    file = home / "pid"
    start(store, "slow", json.dumps(str(file)))
    with begun("worker", *HEAVY, "--executor", "processes:1", "--backend", store) as worker:
        pid = int(until(lambda: file.exists() and file.read_text()))
        worker.kill()
        worker.wait(30)
        until(lambda: process_start(pid) is None)


@pytest.mark.parametrize(
    "wrong", ["forks", "processes:0", "processes:", "processes:x", "threads:2"]
)
def test_what_is_no_executor_is_refused_in_one_line(flopod: Flopod, wrong: str) -> None:
    said = flopod("worker", "--executor", wrong)
    assert said.code == 2 and said.err.count("\n") == 1 and "--executor" in said.err

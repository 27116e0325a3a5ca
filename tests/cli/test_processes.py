"""The commands as processes: killed, interrupted, cut off, side by side."""

from __future__ import annotations

import asyncio
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pexpect
import pytest

from cli.conftest import FLOWS, Flopod
from flopod.events import ActivityCompleted, Event, RunSubmitted
from flopod.stored import encoded
from flopod_backends import open_backend

PROGRAM = [sys.executable, "-m", "flopod_tui"]
DEADLINE = 30.0
KILLS = 20


def finished(*argv: str, timeout: float = DEADLINE) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run([*PROGRAM, *argv], capture_output=True, text=True, timeout=timeout)


@contextmanager
def begun(*argv: str) -> Iterator[subprocess.Popen[str]]:
    """Start a command, and see that it is gone at the end of the block."""
    with subprocess.Popen(
        [*PROGRAM, *argv],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell lets what it starts with `&` ignore Ctrl-C, tests and all.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def first_line(process: subprocess.Popen[str]) -> str:
    """Return the first line that the process prints."""
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], DEADLINE)
    assert ready, "it printed nothing"
    return process.stdout.readline()


def until(true: Callable[[], Any]) -> Any:
    """Return what `true` returns once it is true."""
    deadline = time.monotonic() + DEADLINE
    while not (value := true()):
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.005)
    return value


def effects() -> list[str]:
    """Return the lines that the steps have left."""
    file = Path(os.environ["EFFECTS"])
    return file.read_text().splitlines() if file.exists() else []


def completed_steps(store: str, run_id: str) -> set[str]:
    """Return the paths of the steps whose completion is recorded."""

    async def read() -> set[str]:
        backend = open_backend(store)
        try:
            events = await backend.events(run_id)
        finally:
            await backend.close()
        return {event.path for event in events if isinstance(event.fact, ActivityCompleted)}

    return asyncio.run(read())


async def many_runs(store: str) -> None:
    """Submit runs of which a list is more than a pipe takes."""
    backend = open_backend(store)
    submitted = [Event(RunSubmitted(workflow="w", input=encoded(None)))]
    ids = [f"run-{number}-{'x' * 100}" for number in range(200)]
    await asyncio.gather(*(backend.append(run_id, submitted) for run_id in ids))
    await backend.close()


def test_a_run_killed_twenty_times_ends_right_and_repeats_no_completed_step(
    flopod: Flopod, store: str
) -> None:
    command = ("run", "everything", "-w", FLOWS, "--backend", store, "--run-id", "e")
    recorded: dict[str, int] = {}
    for life in range(KILLS):
        kill_after_effects(2, *command)
        if life == 0:
            flopod("deliver", "e", "approval", "approve", '{"by": "alice"}', "--backend", store)
        counts = Counter(effects())
        for path in completed_steps(store, "e"):
            recorded.setdefault(path, counts[effect_of(path)])
    said = finished(*command)
    assert said.returncode == 0, said.stderr
    result = json.loads(said.stdout)
    counts_at_end = Counter(effects())
    assert {path: counts_at_end[effect_of(path)] for path in recorded} == recorded
    assert len(recorded) > KILLS
    assert finished(*command).stdout == said.stdout
    for same_on_every_replay in ("at", "chance", "name"):
        assert result.pop(same_on_every_replay)
    squares = [None if value == 7 else value * value for value in range(32)]
    assert result == {
        "retried": "at last",
        "given_up": None,
        "each": squares,
        "failed": [7],
        "turns": 8,
        "both": ["l", "r"],
        "taken": "B",
        "late": None,
        "by": "alice",
        "total": sum(square or 0 for square in squares),
        "tries": 7,
        "names": ["n0", "n1", "n2", "n4", "n5"],
        "kinds": {"even": 6},
    }


def kill_after_effects(count: int, *command: str) -> None:
    """Start a command, and kill it once its steps have left so many more lines."""
    enough = len(effects()) + count
    with begun(*command) as process:
        until(lambda: len(effects()) >= enough or process.poll() is not None)
        assert process.poll() is None, process.communicate()
        process.kill()


def effect_of(path: str) -> str:
    """Return the line that the step at a path leaves: its scope, a slash, its id."""
    scope, _, id = path.rpartition("/")
    return id if id == "flaky" else f"{scope}/{id}"


def test_an_approval_given_while_no_worker_lives_is_taken_by_the_next(
    flopod: Flopod, store: str
) -> None:
    worker = ("worker", "-w", FLOWS, "--backend", store)
    flopod("start", "approve", "-w", FLOWS, "--backend", store, "--run-id", "a")
    with begun(*worker) as process:
        until(lambda: flopod("waits", "--json", "--backend", store).json)
        process.terminate()
        assert process.wait(DEADLINE) == 0
    script = Path(sys.executable).with_name("flopod-run")
    event = ("a", "approval", "approve", '{"by": "bob"}')
    deliver = [script, "deliver", *event, "--backend", store]
    said = subprocess.run(deliver, capture_output=True, text=True)
    assert (said.returncode, said.stdout) == (0, "delivered 'approve' to 'approval' of run a\n")
    with begun(*worker):
        events = finished("tail", "a", "--backend", store, "--json").stdout.splitlines()
    assert json.loads(events[-1])["data"]["output"] == "approved by bob"


def test_a_worker_and_commands_that_come_and_go_share_one_store(flopod: Flopod, store: str) -> None:
    # SQLite removes its log when the last user of a file is gone: it must know them all.
    with begun("worker", "-w", FLOWS, "--backend", store) as process:
        for number in range(3):
            run = f"a{number}"
            finished("start", "approve", "-w", FLOWS, "--backend", store, "--run-id", run)
            until(lambda: flopod("waits", "--json", "--backend", store).json)
            assert finished(
                *("deliver", run, "approval", "approve", '{"by": "x"}', "--backend", store)
            ).stdout
            tail = finished("tail", run, "--backend", store).stdout
            assert "RunCompleted" in tail.splitlines()[-1]
        process.terminate()
        assert process.wait(DEADLINE) == 0
    runs = flopod("runs", "--json", "--backend", store).json
    assert [run["status"] for run in runs] == ["ok"] * 3


def test_sigterm_lets_the_step_in_flight_end(flopod: Flopod, store: str) -> None:
    flopod("start", "slow", "-w", FLOWS, "--backend", store, "--run-id", "s")
    with begun("worker", "-w", FLOWS, "--backend", store) as process:
        until(effects)
        process.terminate()
        assert process.wait(DEADLINE) == 0
    assert effects() == ["begun", "ended"]
    assert completed_steps(store, "s") == {"long"}
    assert finished("run", "slow", "-w", FLOWS, "--backend", store, "--run-id", "s").returncode == 0
    assert effects() == ["begun", "ended", "after"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_says_how_it_goes_on(store: str, number: int) -> None:
    command = ("run", "slow", "-w", FLOWS, "--backend", store, "--run-id", "s")
    with begun(*command) as process:
        until(effects)
        process.send_signal(number)
        out, err = process.communicate(timeout=DEADLINE)
    assert (process.returncode, out) == (130, "")
    assert "--run-id s goes on" in err and "Traceback" not in err
    assert json.loads(finished(*command).stdout) == "done"


def test_an_interrupted_tail_is_silent(flopod: Flopod) -> None:
    flopod("start", "approve", "-w", FLOWS, "--run-id", "a")
    with begun("tail", "a") as process:
        assert "RunSubmitted" in first_line(process)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=DEADLINE)
    assert (process.returncode, out, err) == (130, "", "")


def test_a_tail_sees_what_another_process_does_and_ends_with_the_run(flopod: Flopod) -> None:
    flopod("start", "slow", "-w", FLOWS, "--run-id", "s")
    with begun("tail", "s", "--json") as process:
        assert "RunSubmitted" in first_line(process)
        finished("run", "slow", "-w", FLOWS, "--run-id", "s")
        out, _ = process.communicate(timeout=DEADLINE)
    assert process.returncode == 0
    assert json.loads(out.splitlines()[-1])["type"] == "RunCompleted"


def test_a_reader_that_goes_away_is_no_error(home: Path) -> None:
    store = f"sqlite:{home}/runs.db"
    asyncio.run(many_runs(store))
    command = f"{sys.executable} -m flopod_tui runs --limit 1000 --json --backend {store}"
    command += " | head -c 10"
    said = subprocess.run(
        ["bash", "-c", f"{command}; echo ${{PIPESTATUS[0]}}"], capture_output=True, text=True
    )
    assert said.stderr == ""
    assert said.stdout.endswith("0\n")


def test_a_second_process_may_not_run_the_same_run(store: str, home: Path) -> None:
    let_go = home / "let go"
    command = ("run", "held", f'"{let_go}"', "-w", FLOWS, "--backend", store, "--run-id", "h")
    with begun(*command) as process:
        until(effects)
        said = finished(*command)
        assert said.returncode == 2
        assert "is held by" in said.stderr
        let_go.touch()
        assert process.wait(DEADLINE) == 0


def test_a_worker_begins_anew_when_its_file_changes(flopod: Flopod, home: Path) -> None:
    file, log = home / "fresh.py", home / "log"
    text = "from flopod import workflow\n\n@workflow\nasync def fresh(wf):\n    return {}\n"
    file.write_text(text.format(1))
    with (
        log.open("w") as said,
        subprocess.Popen([*PROGRAM, "worker", "-w", "fresh.py", "--reload"], stderr=said) as worker,
    ):
        until(lambda: log.read_text().count("executes fresh") == 1)
        file.write_text("def broken(:\n")
        until(lambda: "fresh.py, line 1" in log.read_text())
        file.write_text(text.format(2))
        until(lambda: log.read_text().count("executes fresh") == 2)
        finished("start", "fresh", "-w", "fresh.py", "--run-id", "f")
        last = finished("tail", "f", "--json").stdout.splitlines()[-1]
        worker.terminate()
    assert json.loads(last)["data"]["output"] == 2


def test_a_changed_file_of_the_same_second_and_length_is_loaded_anew(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    file = home / "quick.py"
    text = "from flopod import workflow\n\n@workflow\nasync def quick(wf):\n    return {}\n"
    for saved in (1, 2):
        file.write_text(text.format(saved))
        os.utime(file, (0, 0))
        said = finished("run", "quick", "-w", "quick.py", "--run-id", f"q{saved}", "--json")
        assert json.loads(said.stdout) == saved
    assert not (home / "__pycache__").exists()


def test_on_a_terminal_a_run_shows_where_it_is_and_how_far() -> None:
    argv = ["-m", "flopod_tui", "run", "slow", "-w", FLOWS, "--run-id", "s"]
    environment = {**os.environ, "TERM": "xterm-256color"}
    terminal = pexpect.spawn(
        sys.executable, argv, env=environment, encoding="utf-8", timeout=DEADLINE
    )
    try:
        terminal.expect_exact("flopod: run s")
        terminal.expect_exact("running  long")
        terminal.expect_exact("0 steps")
        terminal.expect_exact('"done"')
        terminal.expect_exact(pexpect.EOF)
    finally:
        terminal.close()
    assert terminal.exitstatus == 0

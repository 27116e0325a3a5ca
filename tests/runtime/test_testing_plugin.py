"""The plugin for pytest, in a pytest of its own: what it gives, what it fails, what it costs."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

USERS = """
import asyncio
from itertools import count

import pytest

from flopod import Runtime, workflow

calls = count()


@workflow
async def steady(wf: Runtime, days: int) -> int:
    for day in range(days):
        await wf.sleep(f"day-{day}", "1d")
    return days


@workflow
async def fickle(wf: Runtime) -> int:
    return next(calls)


@pytest.fixture
def word():
    return "a fixture of the user's own"


async def test_good(flopod_env):
    assert await flopod_env.run(steady, 30) == 30


async def test_diverges(flopod_env):
    await flopod_env.run(fickle)


async def test_is_not_replayed(flopod_env):
    flopod_env.replay = False
    await flopod_env.run(fickle)


async def test_fails_by_itself(flopod_env):
    await flopod_env.run(fickle)
    assert False, "the test's own"


@pytest.mark.parametrize("days", [1, 2])
async def test_with_other_arguments(flopod_env, word, days):
    assert "own" in word
    assert await flopod_env.run(steady, days) == days


class TestInAClass:
    async def test_method(self, flopod_env):
        assert await flopod_env.run(steady, 1) == 1


def test_plain(flopod_env):
    with pytest.raises(RuntimeError, match="open it first"):
        asyncio.run(flopod_env.run(steady, 1))


def test_without():
    pass
"""

ENDS = {
    "test_good": "PASSED",
    "test_diverges": "FAILED",
    "test_is_not_replayed": "PASSED",
    "test_fails_by_itself": "FAILED",
    "test_with_other_arguments[1]": "PASSED",
    "test_with_other_arguments[2]": "PASSED",
    "TestInAClass::test_method": "PASSED",
    "test_plain": "PASSED",
    "test_without": "PASSED",
}


def run_pytest(folder: Path, *options: str) -> str:
    """Return what a pytest with this plugin alone says of the user's tests."""
    (folder / "test_users.py").write_text(USERS)
    command = [sys.executable, "-W", "error", "-m", "pytest", "-p", "flopod.testing.plugin"]
    plain = ["-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir", str(folder), "-rA"]
    done = subprocess.run(
        [*command, *plain, *options, str(folder)],
        env={
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTHONPATH": f"{ROOT / 'runtime'}:{ROOT / 'backends'}",
        },
        capture_output=True,
        text=True,
    )
    assert not done.stderr
    return done.stdout


def ends(report: str) -> dict[str, str]:
    """Return how each test ended."""
    found = re.findall(r"^(PASSED|FAILED|ERROR) \S*?test_users\.py::(\S+)", report, re.MULTILINE)
    return {test.replace("asyncio-", "").replace("[asyncio]", ""): end for end, test in found}


@pytest.mark.parametrize("others", [[], ["-p", "anyio", "-o", "anyio_mode=auto"]], ids=len)
def test_a_run_that_does_not_replay_fails_its_test_whoever_runs_it(
    tmp_path: Path, others: list[str]
) -> None:
    report = run_pytest(tmp_path, *others)
    assert ends(report) == ENDS
    assert "does not replay: it returned 1, before 0" in report
    assert "AssertionError: the test's own" in report


def test_the_entry_point_names_the_plugin() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    plugin = import_module(project["entry-points"]["pytest11"]["flopod"])
    assert plugin.flopod_env


def test_the_plugin_loads_no_store_and_no_worker_of_the_kit() -> None:
    told = "import sys, flopod.testing.plugin; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "flopod_backends" not in loaded
    assert {name for name in loaded if name.startswith("flopod.testing")} == {
        "flopod.testing",
        "flopod.testing.plugin",
    }

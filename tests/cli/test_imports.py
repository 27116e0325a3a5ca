"""Who loads what: seen in a process of its own, for the static graph can't tell late imports."""

from __future__ import annotations

import subprocess
import sys

import pytest

DRAWING = ("textual", "rich")


def loaded(code: str) -> set[str]:
    """Return the top-level packages that `code` has loaded."""
    told = "import sys\n{}\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", told.format(code)], capture_output=True, text=True, check=True
    )
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    "code",
    [
        "import flopod",
        "from flopod_backends import FileBackend, MemoryBackend, SqliteBackend, open_backend",
    ],
)
def test_the_engine_and_the_stores_know_nothing_of_a_terminal(code: str) -> None:
    assert loaded(code).isdisjoint(DRAWING)


@pytest.mark.parametrize(
    "argv",
    [
        *(["runs"], ["waits"], ["workflows"], ["show", "nope"], ["start", "inventory"]),
        ["run", "watch-disk", '{"samples": 1}'],
        ["tui"],
    ],
)
def test_only_the_command_that_draws_loads_textual(argv: list[str]) -> None:
    assert "textual" not in loaded(f"from flopod_tui.cli import main\nmain({argv!r})")


def test_a_command_loads_no_schema_checker_and_no_driver_that_it_does_not_use() -> None:
    unused = {"jsonschema", "watchfiles", "aiosqlite"}
    assert loaded("from flopod_tui.cli import main\nmain(['--version'])").isdisjoint(unused)

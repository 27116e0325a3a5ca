"""Breaks the code on purpose, one line at a time: `python tests/mutants [NAME ...]`.

A test that cannot fail proves nothing. So each mutant takes one promise away in a copy of the
sources, and the test that stands for this promise must fail there.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from mutants.catalogue import MUTANTS, Mutant  # noqa: E402

SOURCES = ("runtime", "backends", "tui", "tests")
PATIENCE = 120.0
"""Seconds for the test of a mutant."""
NOTICED = 1
"""How pytest ends when a test has failed; anything above says that it could not run."""


def main(argv: Sequence[str] | None = None) -> int:
    """Try the mutants; return 1 if one of them goes unnoticed."""
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", help="mutants by name; all, if none is named")
    given = parser.parse_args(argv)
    chosen = [mutant for mutant in MUTANTS if not given.names or mutant.name in given.names]
    if unknown := set(given.names) - {mutant.name for mutant in chosen}:
        parser.error(f"no such mutant: {', '.join(sorted(unknown))}")
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        _copy(copy)
        tests = sorted({test for mutant in chosen for test in mutant.test.split()})
        if (code := _tested(copy, tests, len(tests) * PATIENCE)) != 0:
            how = "do not come to an end" if code is None else f"fail (pytest ended with {code})"
            print(f"the tests {how} without any mutant: mend that first", file=sys.stderr)
            return 1
        missed = [mutant.name for mutant in chosen if not _noticed(copy, mutant)]
    seconds = round(time.monotonic() - began)
    print(json.dumps({"mutants": len(chosen), "missed": missed, "seconds": seconds}))
    return 1 if missed else 0


def _copy(to: Path) -> None:
    skipped = shutil.ignore_patterns("__pycache__", "*.pyc", ".pytest_cache")
    for source in SOURCES:
        shutil.copytree(ROOT / source, to / source, ignore=skipped)
    shutil.copy(ROOT / "pyproject.toml", to)


def _noticed(copy: Path, mutant: Mutant) -> bool:
    """Say whether the mutant's test fails on the copy with the mutant in it."""
    file = copy / mutant.file
    text = file.read_text(encoding="utf-8")
    file.write_text(mutant.applied(text), encoding="utf-8")
    began = time.monotonic()
    code = _tested(copy, mutant.test.split())
    file.write_text(text, encoding="utf-8")
    word = "noticed" if code == NOTICED else f"MISSED (pytest ended with {code})"
    print(f"{word:8} {time.monotonic() - began:5.1f} s  {mutant.name}", flush=True)
    return code == NOTICED


def _tested(copy: Path, tests: Iterable[str], patience: float = PATIENCE) -> int | None:
    """Return the exit code of pytest on the copy; None: it did not come to an end."""
    path = os.pathsep.join(str(copy / source) for source in SOURCES)
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    try:
        return subprocess.run(
            command, cwd=copy, env=environment, stdout=subprocess.PIPE, timeout=patience
        ).returncode
    except subprocess.TimeoutExpired:
        return None


if __name__ == "__main__":
    sys.exit(main())

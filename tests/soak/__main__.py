"""The fault tests for as long as you like: `python tests/soak --seconds 600 --seed 1 [NAME ...]`.

Every module of `tests/faults` and `tests/tui` with a `trial(seed)` gets its share of the time, and
one line of JSON: what was tried, what was acknowledged, and of that what was lost or done again.
The seeds of a module are SEED, SEED + 1 and so on, so a line tells how to meet its failure again.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import inspect
import json
import logging
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[1]
NO_TRIALS = ("test_", "conftest", "victim.", "__init__")
sys.path[:0] = [str(TESTS), str(TESTS / "backends")]

from faults.trial import Trial  # noqa: E402


def main(argv: Sequence[str] | None = None) -> int:
    """Soak; return 1 if anything was lost, repeated or otherwise wrong."""
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", help="modules of tests; all, if none is named")
    parser.add_argument("--seconds", type=float, default=60.0, help="for all of them together")
    parser.add_argument("--seed", type=int, default=1, help="of the first trial of each")
    given = parser.parse_args(argv)
    logging.disable(logging.WARNING)
    known = dict(trials())
    if unknown := set(given.names) - known.keys():
        parser.error(f"no such module: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    names = given.names or list(known)
    found = [soak(name, known[name], given.seed, given.seconds / len(names)) for name in names]
    return 0 if all(found) else 1


def trials() -> Iterator[tuple[str, Any]]:
    """Yield the name and the `trial` of each module that has one."""
    for file in sorted((*(TESTS / "faults").glob("*.py"), *(TESTS / "tui").glob("*.py"))):
        if not file.name.startswith(NO_TRIALS):
            module = importlib.import_module(f"{file.parent.name}.{file.stem}")
            if inspect.isfunction(trial := getattr(module, "trial", None)):
                yield file.stem, trial


def soak(name: str, trial: Any, seed: int, seconds: float) -> bool:
    """Try for so long, at least once; say what was found, and return whether all was well."""
    found, wrong, began, first = Trial(0), [], time.monotonic(), seed
    while found.trials == 0 or time.monotonic() - began < seconds:
        try:
            outcome = trial(seed)
            found += asyncio.run(outcome) if inspect.iscoroutine(outcome) else outcome
        except Exception as error:
            wrong.append(f"seed {seed}: {type(error).__name__}: {error}"[:2000])
            found += Trial(1)
        seed += 1
    told = {
        "name": name,
        "seed": first,
        "last_seed": seed - 1,
        "seconds": round(time.monotonic() - began, 1),
        "trials": found.trials,
        "acknowledged": found.acknowledged,
        "lost": found.lost,
        "repeated": found.repeated,
        "wrong": wrong[:3],
    }
    print(json.dumps(told), flush=True)
    return not (found.lost or found.repeated or wrong)


if __name__ == "__main__":
    sys.exit(main())

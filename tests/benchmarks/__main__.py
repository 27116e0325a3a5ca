"""`python tests/benchmarks`: what flopod does in a second, as JSON, beside this machine's limits.

Each figure is a median over rounds. A limit is measured in the same round as what is held against
it, so that a ratio means something on a busy machine too. Nothing here fails for being slow.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import app
import deliveries
import filtering
import listing
import lists
import opening
import postgres
import processes
import replay
import steps
import stores

BENCHES: dict[str, Callable[[Path, int], dict[str, Any]]] = {
    "steps": steps.measure,
    "stores": stores.measure,
    "replay": replay.measure,
    "opening": opening.measure,
    "deliveries": deliveries.measure,
    "processes": processes.measure,
    "listing": listing.measure,
    "postgres": postgres.measure,
    "lists": lists.measure,
    "filtering": filtering.measure,
    "app": app.measure,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmarks named, or all, and print one JSON document."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *BENCHES], help="default: all")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--dir", help="measure on the file system of this folder")
    options = parser.parse_args(argv)
    figures = {}
    for name in options.names or BENCHES:
        print(f"{name} …", file=sys.stderr)
        with tempfile.TemporaryDirectory(prefix="flopod-bench-", dir=options.dir) as scratch:
            figures[name] = BENCHES[name](Path(scratch), options.rounds)
    print(json.dumps(figures, indent=2))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

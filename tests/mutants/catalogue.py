"""What is broken on purpose, and the test that must notice: one promise taken away each.

The mutants are data: `promises.json` beside this file has those that all stores share, the others
those of one room.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Mutant:
    """One promise taken away."""

    name: str
    file: str
    old: str
    """What stands there; exactly once."""
    new: str
    test: str
    """The tests of which one must fail with it, by their ids, with spaces between them."""

    def applied(self, text: str) -> str:
        """Return the text with the mutant in it."""
        assert text.count(self.old) == 1, f"{self.name}: {text.count(self.old)} places fit"
        return text.replace(self.old, self.new)


MUTANTS = [
    Mutant(**row)
    for file in sorted(Path(__file__).parent.glob("*.json"))
    for row in json.loads(file.read_text(encoding="utf-8"))
]

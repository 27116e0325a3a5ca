"""In what order the recorded past of a run lies, scope by scope: what the rename guard looks at.

A body that runs in order asks for all that is recorded in a scope before it asks for anything new
there. An author may also run several tasks in one scope (`asyncio.gather`); then a task can be
ahead of another. That is told by what is recorded: steps that overlap, or one left open while
another began. Where it could be so, the guard stays silent: better a missed alarm than a false one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from flopod import events as ev
from flopod import paths
from flopod.errors import NondeterminismError
from flopod.recall import Recall, Step

MOST_TOLD = 5
"""How many paths of each kind a message names."""

MOST_KEPT = 50
"""How many paths each column of the account keeps."""


class Order:
    """The recorded steps of each scope, in the order in which they began."""

    def __init__(self, recall: Recall) -> None:
        self._recall = recall
        self._within: defaultdict[str, list[tuple[str, Step]]] = defaultdict(list)
        for path, step in recall.steps.items():
            if not path.endswith("]"):
                self._within[path.rpartition("/")[0]].append((path, step))

    def within(self, scope: str) -> Sequence[tuple[str, Step]]:
        """Return what is recorded directly in a scope."""
        return self._within.get(scope, ())

    def expected(self, scope: str) -> list[tuple[str, Step]]:
        """Return what an unchanged body asks for there, the next one last."""
        return [item for item in reversed(self.within(scope)) if not self._undone(item[1])]

    def _undone(self, step: Step) -> bool:
        return any(step.first in undone for undone in self._recall.undone)

    def one_by_one(self, scope: str) -> bool:
        """Say whether each thing in a scope was over before the next one began."""
        spans: dict[str, _Span] = {}
        for path, step in self._recall.steps.items():
            if child := paths.child_towards(scope, path):
                spans.setdefault(child, _Span()).add(path, step)
        expected = (spans[path] for path, step in reversed(self.expected(scope)))
        return all(one.over_before(other) for one, other in pairwise(expected))


class _Span:
    """From where to where in the log something went on, with all that is inside it."""

    def __init__(self) -> None:
        self._first, self._last = 0, 0
        self._open = False
        self._left: Counter[str] = Counter()
        """How many items or branches each container inside has announced and not settled."""

    def add(self, path: str, step: Step) -> None:
        """Take in one step."""
        self._first = min(self._first or step.first, step.first)
        self._last = max(self._last, step.seq)
        container = path[: path.rfind("[")]
        match step.outcome:
            case None:
                self._open |= step.kind != "repeat"
                self._left[path] += step.kind == "repeat"
            case ev.EachStarted(total=total) | ev.ParallelStarted(total=total):
                self._left[path] += total
            case ev.RepeatIterationCompleted(stop=stop):
                self._left[container] -= stop
            case _ if path.endswith("]"):
                self._left[container] -= 1

    def over_before(self, other: _Span) -> bool:
        """Say whether this was settled when the other began."""
        return self._last < other._first and not self._open and not any(self._left.values())


def passed_over(
    path: str, passed: Sequence[str], recorded: Sequence[str], asked: Sequence[str]
) -> NondeterminismError:
    """Return why the run stops before `path`: recorded steps would be passed over.

    A step that got another name would run a second time.
    """
    was = _named(passed)
    told = (
        f"recorded: {was} | asked: {path}, which is new; give what is recorded its old id back, "
        "or fork the run before it"
    )
    error = NondeterminismError(path, was, path, told)
    error.columns = _around(recorded, passed[0]), tuple(asked[-MOST_KEPT:])
    return error


def _around(recorded: Sequence[str], first: str) -> tuple[str, ...]:
    place = recorded.index(first) if first in recorded else 0
    start = max(0, place - MOST_KEPT // 2)
    return tuple(recorded[start : start + MOST_KEPT])


def _named(passed: Sequence[str]) -> str:
    return ", ".join(_cut(passed))


def _cut(passed: Sequence[str]) -> Iterator[str]:
    for path in passed[:MOST_TOLD]:
        yield path if len(path) <= 60 else f"{path[:29]}…{path[-30:]}"
    if len(passed) > MOST_TOLD:
        yield f"… {len(passed) - MOST_TOLD} more"

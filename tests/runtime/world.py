"""What the workflows of the corpus live in.

A `World` stands for all that lies outside a run: the steps that were called there, in order. A
body takes nothing from it but what its steps return, as a workflow should.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from flopod import Retry, Runtime
from flopod.scope import current

EAGER = Retry(20, delay=0)


class Colour(Enum):
    RED = "red"


@dataclass(frozen=True)
class Size:
    width: int
    colour: Colour


@dataclass
class World:
    """What steps were called, as paths in the order of the calls."""

    calls: list[str] = field(default_factory=list)

    def gives(self, value: Any) -> Callable[[], Any]:
        """Return a step that notes its call and returns `value`."""

        def step() -> Any:
            self.note()
            return value

        return step

    def later(self, value: Any) -> Callable[[], Awaitable[Any]]:
        """Return an async step that notes its call and returns `value`."""

        async def step() -> Any:
            self.note()
            await asyncio.sleep(0)
            return value

        return step

    def fails(self, error: Exception) -> Callable[[], Any]:
        """Return a step that notes its call and raises."""

        async def step() -> Any:
            self.note()
            raise error

        return step

    def recovers(self, value: Any) -> Callable[[], Any]:
        """Return a step that raises at the first call and returns `value` at the second."""

        async def step() -> Any:
            if self.note() == 1:
                raise ConnectionError("not yet")
            return value

        return step

    def note(self) -> int:
        """Note a call by the path of the step; return how many there were."""
        scope = current()
        assert scope is not None and scope.leaf, "a step knows where it stands"
        self.calls.append(scope.path)
        return Counter(self.calls)[scope.path]


Body = Callable[[Runtime, World], Awaitable[Any]]


@dataclass(frozen=True)
class Story:
    """A workflow of the corpus, and what the outside does meanwhile."""

    name: str
    body: Body
    answers: Mapping[str, Any] = field(default_factory=dict)
    """What is delivered to waits that open, by path."""
    early: Mapping[tuple[str, str], Any] = field(default_factory=dict)
    """What is delivered before the run begins, by path and event."""
    unordered: bool = False
    """Concurrent branches push to one list: its order is nobody's promise."""


CORPUS: dict[str, Story] = {}


def story(
    answers: Mapping[str, Any] | None = None,
    early: Mapping[tuple[str, str], Any] | None = None,
    unordered: bool = False,
) -> Callable[[Body], Body]:
    """Add a body to the corpus."""

    def add(body: Body) -> Body:
        name = body.__name__
        CORPUS[name] = Story(name, body, answers or {}, early or {}, unordered)
        return body

    return add

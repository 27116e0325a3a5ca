"""What the fold of a summary has to remember, and nobody else looks at: pure counting.

Everything here stays small whatever the length of the log: it is written with every append.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace


class OpenWait(msgspec.Struct, frozen=True, kw_only=True):
    """A place where a run waits for an event."""

    path: str
    event: str
    opened_at: datetime
    deadline: datetime | None = None
    schema: dict[str, Any] | None = None
    """JSON Schema of the payload, where the author gave a type."""
    delivered: bool = False
    """The event is there, and no worker has taken it yet."""


class Progress(msgspec.Struct, frozen=True):
    """How far a run is, in steps; the items of an outermost each or parallel count as steps."""

    done: int = 0
    total: int | None = None
    """Known where an each or a parallel has announced its size."""


class Inner(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The memory of the fold."""

    active: int = 0
    """Steps in flight."""
    sleeps: dict[str, datetime] = msgspec.field(default_factory=dict)
    retries: dict[str, datetime] = msgspec.field(default_factory=dict)
    fans: dict[str, int] = msgspec.field(default_factory=dict)
    """Outermost each and parallel scopes at work, with the items left."""
    single: int = 0
    """Steps done outside any fan."""
    fanned: int = 0
    """Items done inside fans."""
    announced: int = 0
    """Items announced by fans."""
    cancel_requested: bool = False
    parent_path: str = ""
    """Where in its parent the run was started."""
    called: bool = False
    """Its parent waits for its end."""
    calls: dict[str, str] = msgspec.field(default_factory=dict)
    """The runs that it called and has no result of, by path."""
    news: tuple[str, ...] = ()
    """The paths of those that are said to have ended, which no worker has looked at yet."""
    owes: bool = False
    """It has ended, and those whom that concerns do not know yet."""
    shelved_waits: tuple[OpenWait, ...] = ()
    """What a stopped run waited for: a retry opens these waits again."""

    @property
    def progress(self) -> Progress:
        """How far the run is."""
        total = self.single + self.announced if self.announced else None
        return Progress(self.single + self.fanned, total)

    def step_began(self, path: str) -> Inner:
        """A step is in flight."""
        return replace(self, active=self.active + 1, retries=without(self.retries, path))

    def step_backs_off(self, path: str, next_at: datetime) -> Inner:
        """A step failed and is tried again later."""
        return replace(self, active=self._less(), retries={**self.retries, path: next_at})

    def step_failed(self, path: str) -> Inner:
        """A step failed for good."""
        return replace(self, active=self._less(), retries=without(self.retries, path))

    def step_done(self, path: str) -> Inner:
        """A step is done; inside a fan, its item will count, not the step."""
        single = self.single + (not self._in_fan(path))
        return replace(
            self, active=self._less(), retries=without(self.retries, path), single=single
        )

    def call_opened(self, path: str, child: str) -> Inner:
        """A run was called, or is waited for again."""
        return replace(self, calls={**self.calls, path: child}, news=self._news_but(path))

    def call_ended(self, path: str) -> Inner:
        """A run that was called is said to have ended."""
        new = path in self.calls and path not in self.news
        return replace(self, news=(*self.news, path)) if new else self

    def child_done(self, path: str) -> Inner:
        """A run was started, or one that was called has come to something."""
        calls, news = without(self.calls, path), self._news_but(path)
        single = self.single + (not self._in_fan(path))
        return replace(self, calls=calls, news=news, single=single)

    def forked(self) -> Inner:
        """The run is another one now, and nobody's child; it calls children of its own."""
        return replace(
            self,
            cancel_requested=False,
            parent_path="",
            called=False,
            calls={},
            news=(),
            owes=False,
        )

    def _news_but(self, path: str) -> tuple[str, ...]:
        return tuple(other for other in self.news if other != path)

    def fan_opened(self, path: str, total: int) -> Inner:
        """An each or a parallel announced its size; only the outermost counts."""
        if not total or path in self.fans or self._in_fan(path):
            return self
        return replace(self, fans={**self.fans, path: total}, announced=self.announced + total)

    def item_done(self, path: str) -> Inner:
        """An item of an each, or a branch of a parallel, has settled."""
        fan = path[: path.rfind("[")]
        left = self.fans.get(fan)
        if left is None:
            return self
        fans = {**self.fans, fan: left - 1} if left > 1 else without(self.fans, fan)
        return replace(self, fans=fans, fanned=self.fanned + 1)

    def _in_fan(self, path: str) -> bool:
        return any(path.startswith(f"{fan}[") for fan in self.fans)

    def _less(self) -> int:
        # A step that was cut off by a crash has a start and no end, and starts once more: the
        # count is set to zero by RunStarted, and never falls below.
        return max(0, self.active - 1)


def without(places: dict[str, Any], path: str) -> dict[str, Any]:
    """Return `places` without `path`."""
    if path not in places:
        return places
    return {key: value for key, value in places.items() if key != path}

"""When each path of a run was at work, waited or slept: folded from the log, event by event.

Every bar keeps the numbers of the events that began and ended it, so that an earlier moment needs
no second fold. A time is only ever that of a record: a step whose worker died ends with the last
one before the run was taken up again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from flopod import events as ev
from flopod.events import Event

IDLE = 60.0
"""Seconds without work and without a record from which a gap can be folded."""
RUN, BACKOFF, WAIT, SLEEP, POINT = "run", "backoff", "wait", "sleep", "point"
INSIDE = {"each": "item", "parallel": "branch", "branch": "case", "repeat": "iteration"}


@dataclass(slots=True)
class Bar:
    """A stretch of time in which a path did one thing."""

    kind: str
    start: float
    first: int
    """The number of the event that began it."""
    end: float = 0.0
    last: int = 0
    """The number of the event that ended it; 0 while it goes on."""
    failed: bool = False

    def open_at(self, seq: int) -> bool:
        """Say whether it went on after the event of this number."""
        return not self.last or self.last > seq


@dataclass(slots=True, eq=False)
class Track:
    """A path with its bars, and the paths below it."""

    path: str
    name: str
    kind: str
    first: int
    start: float
    around: Track | None = None
    inside: list[Track] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    last: int = 0
    """The number of the newest event here or below."""
    end: float = 0.0
    going_on: int = 0
    """Bars here and below that are open."""
    troubled: int = 0
    """Paths here and below whose newest bar failed."""
    note: str = ""

    def walk(self) -> Iterator[Track]:
        """Yield this track and all below it."""
        yield self
        for track in self.inside:
            yield from track.walk()


class SpanBuilder:
    """Takes events in order; `tops` are the tracks that they amount to."""

    def __init__(self) -> None:
        self.tops: list[Track] = []
        self.tracks: dict[str, Track] = {}
        self.gaps: list[tuple[float, float, int]] = []
        """Times without work and without a record, and the number of the event after each."""
        self.start = self.newest = 0.0
        self.last = 0
        self.working = 0
        """Attempts that are under way."""
        self._left: list[tuple[Track, str]] = []
        """What was open when the run ended: a retry goes on with it."""

    def add(self, event: Event) -> None:
        """Take one event in."""
        at = event.at.timestamp()
        if not self.last:
            self.start = self.newest = at
        at = max(at, self.newest)
        if isinstance(event.fact, ev.RunStarted):
            self._close_all(self.newest, self.last, (RUN,))
        if at - self.newest > IDLE and not self.working:
            self.gaps.append((self.newest, at, event.seq))
        self.newest, self.last = at, event.seq
        self._take(event, at)

    def _take(self, event: Event, at: float) -> None:
        fact, seq = event.fact, event.seq
        match fact:
            case ev.ActivityStarted():
                track = self._track(event.path, "activity", at, seq)
                self._close(track, at, seq)
                self._open(track, RUN, at, seq)
            case ev.ActivityRetrying():
                track = self._track(event.path, "activity", at, seq)
                self._close(track, at, seq, failed=True)
                self._open(track, BACKOFF, at, seq)
            case ev.ActivityCompleted():
                self._close(self._track(event.path, "activity", at, seq), at, seq)
            case ev.ActivityFailed():
                self._close(self._track(event.path, "activity", at, seq), at, seq, failed=True)
            case ev.SleepStarted():
                self._open(self._track(event.path, "sleep", at, seq), SLEEP, at, seq)
            case ev.WaitStarted(event=name):
                track = self._track(event.path, "wait", at, seq)
                track.note = f"⇐ {name}"
                self._open(track, WAIT, at, seq)
            case ev.SleepCompleted() | ev.WaitCompleted() | ev.WaitTimedOut():
                self._close(self._track(event.path, "wait", at, seq), at, seq)
            case ev.BranchTaken(key=key):
                track = self._track(event.path, "branch", at, seq)
                track.note = f"→ {key}"
                track.bars.append(Bar(POINT, at, seq, at, seq))
            case ev.EachStarted():
                self._track(event.path, "each", at, seq)
            case ev.ParallelStarted():
                self._track(event.path, "parallel", at, seq)
            case ev.EachItemFailed() | ev.ParallelBranchFailed():
                self._trouble(self._track(event.path, "item", at, seq), +1)
            case ev.EachItemCompleted() | ev.ParallelBranchCompleted():
                self._track(event.path, "item", at, seq)
            case ev.RepeatIterationCompleted():
                self._track(event.path, "iteration", at, seq)
            case ev.RunFailed() | ev.RunCancelled() | ev.RunNeedsAttention() | ev.RunCompleted():
                self._left = self._close_all(at, seq, (RUN, BACKOFF, WAIT, SLEEP))
            case ev.RunRetried(voided=voided):
                self._again(voided, at, seq)
            case _:
                pass

    def _again(self, voided: tuple[str, ...], at: float, seq: int) -> None:
        """The run goes on: what it waited for it waits for again."""
        for track, kind in self._left:
            if kind in (WAIT, SLEEP):
                self._open(track, kind, at, seq)
        for path in voided:
            track_at = self.tracks.get(path)
            if track_at and track_at.bars and track_at.bars[-1].failed:
                self._trouble(track_at, -1)
        self._left = []

    def _track(self, path: str, kind: str, at: float, seq: int) -> Track:
        """Return the track of a path, and let it and those around it reach to this event."""
        track = self.tracks.get(path) or self._new(path, kind, at, seq)
        above: Track | None = track
        while above is not None:
            above.end, above.last = at, seq
            above = above.around
        return track

    def _new(self, path: str, kind: str, at: float, seq: int) -> Track:
        cut = path.rfind("[") if path.endswith("]") else path.rfind("/")
        above = path[: max(cut, 0)]
        around = (self.tracks.get(above) or self._new(above, "step", at, seq)) if above else None
        if path.endswith("]") and around:
            around.kind = "repeat" if around.kind == "step" else around.kind
            kind = INSIDE.get(around.kind, "item")
        track = Track(path, path[len(above) :].lstrip("/"), kind, seq, at, around)
        (around.inside if around else self.tops).append(track)
        self.tracks[path] = track
        return track

    def _open(self, track: Track, kind: str, at: float, seq: int) -> None:
        if track.bars and track.bars[-1].failed:
            self._trouble(track, -1)
        track.bars.append(Bar(kind, at, seq))
        self.working += kind == RUN
        _count(track, +1)

    def _close(self, track: Track, at: float, seq: int, failed: bool = False) -> None:
        """End the open bar of a track, if it has one."""
        bar = track.bars[-1] if track.bars else None
        if bar is None or bar.last:
            return
        bar.end, bar.last, bar.failed = at, seq, failed
        self.working -= bar.kind == RUN
        _count(track, -1)
        if failed:
            self._trouble(track, +1)

    def _close_all(self, at: float, seq: int, kinds: tuple[str, ...]) -> list[tuple[Track, str]]:
        """End the open bars of these kinds; return where they were."""
        found = [track for top in self.tops for track in _at_work(top)]
        ended = [(track, track.bars[-1].kind) for track in found if track.bars[-1].kind in kinds]
        for track, _ in ended:
            self._close(track, at, seq)
        return ended

    def _trouble(self, track: Track | None, change: int) -> None:
        while track is not None:
            track.troubled += change
            track = track.around


def _count(track: Track | None, change: int) -> None:
    while track is not None:
        track.going_on += change
        track = track.around


def _at_work(track: Track) -> Iterator[Track]:
    """Yield the tracks here and below with an open bar, without a look at those with none."""
    if not track.going_on:
        return
    if track.bars and not track.bars[-1].last:
        yield track
    for below in track.inside:
        yield from _at_work(below)

"""A trial: one hostile text in every field of a store, and a look at every view of the app.

`make soak` tries one text after the other; `test_hostile.py` has them all in one store.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field

from rich.color import ColorSystem
from textual.pilot import Pilot

from faults.trial import Trial
from flopod_backends import MemoryBackend
from tui.looking import text_of
from tui.payloads import NAMES, Hostile, hostile_store
from tui.scenes import SCENES, Scene, visit_all
from tui.screening import unreadable, wrongs
from tui.store import app_over, fixed_now

MARK = re.compile(r"Z(\d\d)z")


@dataclass
class Seen:
    """What was found while looking."""

    wrong: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """By view: what should not stand there."""
    unreadable: dict[str, list[str]] = field(default_factory=dict)
    """By view and number of colours: texts in the colour of their ground."""
    texts: dict[str, set[str]] = field(default_factory=dict)
    """By view: the hostile texts that were seen there, by their names."""

    async def look(self, pilot: Pilot[None], scene: Scene) -> None:
        """Take down what a view shows."""
        app = pilot.app
        if found := wrongs(app):
            self.wrong[scene.name] += found
        marks = MARK.findall(text_of(app))
        self.texts[scene.name] = {NAMES[int(mark)] for mark in marks}
        for depth in (ColorSystem.TRUECOLOR, ColorSystem.EIGHT_BIT):
            if dim := unreadable(app, depth):
                self.unreadable[f"{scene.name}, {depth.name}"] = dim


async def all_seen(hostile: Hostile) -> Seen:
    """Look at every view over a store that holds such texts."""
    backend = MemoryBackend(clock=fixed_now)
    await hostile_store(backend, hostile)
    seen = Seen()
    await visit_all(lambda: app_over(backend), seen.look)
    return seen


async def trial(seed: int) -> Trial:
    """Try one text in all fields and all views."""
    seen = await all_seen(Hostile(seed, step=0))
    assert not seen.wrong, f"{NAMES[seed % len(NAMES)]}: {dict(seen.wrong)}"
    return Trial(len(SCENES))

"""The look of a status: glyph, word and role, in one table for runs, tree nodes and events.

No state is told by colour alone: the glyph and the word say it too, and every glyph has an ASCII
form for terminals and fonts without it. The role names a style (`widgets/painted.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flopod.summary import Status


@dataclass(frozen=True, slots=True)
class Look:
    """How a status is shown."""

    glyph: str
    ascii: str
    word: str
    role: str


STATUS: dict[str, Look] = {
    Status.QUEUED: Look("·", ".", "queued", "quiet"),
    Status.RUNNING: Look("●", ">", "running", "running"),
    Status.RETRYING: Look("↻", "r", "retrying", "retrying"),
    Status.SLEEPING: Look("○", "z", "sleeping", "sleeping"),
    Status.WAITING: Look("◆", "?", "waiting", "waiting"),
    Status.OK: Look("✓", "+", "ok", "ok"),
    Status.ERROR: Look("✗", "X", "failed", "failed"),
    Status.CANCELLED: Look("⊘", "-", "cancelled", "quiet"),
    Status.NEEDS_ATTENTION: Look("⚑", "&", "attention", "trouble"),
    Status.INTERRUPTED: Look("▲", "!", "interrupted", "trouble"),
    Status.DAMAGED: Look("■", "#", "damaged", "damaged"),
    "skipped": Look("·", ".", "skipped", "quiet"),
}
UNKNOWN = Look("·", ".", "unknown", "quiet")
PLAIN = str.maketrans(
    {look.glyph: look.ascii for look in STATUS.values()}
    | dict(zip("▌▾▴▸◂─│⇐→▰▱…—“”", '|v^><-|<>#.~-""', strict=True))
    | dict(zip("•█▓░◇▏⋯±←↑↓┄├┤┬┴┼┌┐└┘", "*#=.?|~~<^v-+++++++++", strict=True))
)
"""Every other glyph of ours, for `--ascii`."""
FRAMES = str.maketrans(dict(zip("╭╮╰╯▔▁▂▃▄▅▆▇▀▎▍▋▊▉▐▕", "++++-____===-|||||||", strict=True)))
"""What Textual draws borders and the ends of scroll bars with, for `--ascii`."""


def look(status: str) -> Look:
    """Return how a status (of a run or a node of its tree) is shown."""
    return STATUS.get(status, UNKNOWN)


def legend() -> list[Look]:
    """Return the looks that the help explains."""
    return list(STATUS.values())


def shows_glyphs(environ: Mapping[str, str]) -> bool:
    """Say whether this terminal shows more than ASCII: not the console, nor another encoding."""
    if environ.get("TERM") == "linux":
        return False
    settled = (environ.get(name) for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    # Where nothing is settled, as in a container, terminals take UTF-8.
    locale = next(filter(None, settled), "UTF-8")
    return "utf8" in locale.lower().replace("-", "")

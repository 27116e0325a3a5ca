"""What a person does on a first day, told once: start, fail, look back, retry, deliver, leave.

On the real demo. The test plays it in tmux, the recording in a terminal of our own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path


def first_day(folder: Path) -> Iterator[Sequence[str]]:
    """Yield the keys of each part; between them the world outside changes.

    Args:
        folder: where files will be, one day; made on the way.
    """
    yield "see:missing-files", "see:◆ flopod-itself"
    yield "S", "see:start a run", "text:inv", "see:inv ", "enter", "pause:0.4", f"text:{folder}"
    yield "see:valid", "pause:0.2", "ctrl+s"
    yield "see:✗ failed", "see:FileNotFoundError"
    yield "comma comma", "see:AT seq 3", "full_stop", "see:AT seq 4", "G", "see:finished"
    folder.mkdir()
    (folder / "notes.txt").write_text("now there is something to count\n")
    yield "R", "see:Runs again", "y", "see:◆ waiting"
    yield "D", "see:Open waits", "see:is waited for", "enter", "pause:0.4", "text:alice"
    yield "see:valid", "pause:0.2", "ctrl+s"
    yield "see:✓ ok", "see:finished", "G", "q", "see:RUN "
    yield ("q",)

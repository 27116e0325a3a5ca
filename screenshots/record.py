"""`python screenshots/record.py [FILE]`: a recording of the real demo, for asciinema's player.

Somebody starts a run that fails, looks back in time, retries it, approves it. Keys are typed at the
pace of a person into the real program, in a terminal of our own; what it sends is written down with
its time. The machine is called atlas in it, and the sources lie in a scratch directory.
"""

from __future__ import annotations

import codecs
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.append(str(ROOT / "tests"))

from tui import opening  # noqa: E402 (the tests are no package that is installed)
from tui.flow import first_day  # noqa: E402
from tui.terminal import Terminal, typed  # noqa: E402

SIZE = (120, 32)
KEY, LOOK, LONGEST = 0.07, 0.9, 1.6
"""Seconds between two keys, to look at what they did, and at most without anything new."""
ATLAS = "import socket\nsocket.gethostname = lambda: 'atlas'\n"


class Recorded(Terminal):
    """A terminal that writes down what it is sent, and when."""

    chunks: list[tuple[float, bytes]]

    def take(self, data: bytes) -> None:
        """Draw what the program wrote, and keep it."""
        self.__dict__.setdefault("chunks", []).append((time.monotonic(), data))
        super().take(data)

    def play(self, step: str) -> None:
        """Do one step of the story as a person would."""
        kind, _, rest = step.partition(":")
        if kind == "see":
            self.until_seen(rest)
        elif kind != "pause":
            for key in rest if kind == "text" else step.split():
                self.send(typed(key))
                self.listen(KEY)
            self.listen(LOOK)


@contextmanager
def scratch() -> Iterator[Path]:
    """Make a directory with a copy of the sources, on a machine called atlas."""
    with tempfile.TemporaryDirectory(prefix="flopod-") as folder:
        library = Path(folder) / "library"
        for name in ("runtime", "backends", "tui"):
            ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
            shutil.copytree(ROOT / name, library / name, ignore=ignored)
        (library / "tui" / "sitecustomize.py").write_text(ATLAS)
        yield Path(folder)


def record() -> list[tuple[float, bytes]]:
    """Play the story; return what was sent, and when."""
    with scratch() as folder:
        paths = (str(folder / "library" / name) for name in ("tui", "backends", "runtime"))
        opening.Terminal = Recorded  # type: ignore[misc]
        home = {"PYTHONPATH": os.pathsep.join(paths), "TMPDIR": str(folder)}
        with opening.opened(folder, "demo", size=SIZE, **home) as app:
            assert isinstance(app, Recorded)
            for steps in first_day(folder / "notes"):
                for step in steps:
                    app.play(step)
            app.ended()
            return app.chunks


def cast(chunks: list[tuple[float, bytes]]) -> Iterator[str]:
    """Yield the lines of the recording, long silences cut short."""
    title = "flopod: start, fail, look back, retry, approve"
    header = {"version": 2, "width": SIZE[0], "height": SIZE[1], "title": title}
    yield json.dumps(header | {"env": {"TERM": "xterm-256color"}})
    decode = codecs.getincrementaldecoder("utf-8")("replace").decode
    now, before = 0.0, chunks[0][0]
    for at, data in chunks:
        now, before = now + min(at - before, LONGEST), at
        yield json.dumps([round(now, 3), "o", decode(data)], ensure_ascii=False)


def main() -> None:
    """Record, and write the file."""
    into = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "first-day.cast"
    text = "\n".join(cast(record())) + "\n"
    into.write_text(text, encoding="utf-8")
    print(f"{into.name}: {len(text.encode()) / 1000:.0f} KB")


if __name__ == "__main__":
    main()

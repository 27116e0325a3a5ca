"""Logs that releases have left: each must replay for as long as there is a flopod.

`python -m runtime.histories 0.1.0`, with the folders of the sources and of the tests on the path,
writes those of the workflows of the corpus. What a release has written is never written again.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flopod.events import Event
from flopod.records import line, parse
from runtime.corpus import CORPUS, Story, World
from runtime.lives import RUN, begun, live

FOLDER = Path(__file__).parent / "histories"


def stored() -> Iterator[tuple[str, Story, list[Event]]]:
    """Yield the release, the workflow and the log of each history there is."""
    for file in sorted(FOLDER.glob("*.jsonl")):
        for text in file.read_text().splitlines():
            history = json.loads(text)
            log = [parse(json.dumps(record, separators=(",", ":"))) for record in history["log"]]
            yield file.stem, CORPUS[history["story"]], log


async def written(story: Story) -> str:
    """Return the history of a story as a line."""
    backend = await begun(story)
    await live(backend, story, World())
    log = [_bare(json.loads(line(event))) for event in await backend.events(RUN)]
    return json.dumps({"story": story.name, "log": log}, separators=(",", ":"))


def _bare(record: dict[str, Any]) -> dict[str, Any]:
    """Take out what tells of the machine, and not of the run."""
    if "error" in record["data"]:
        record["data"]["error"]["traceback"] = ""
    if "worker" in record["data"]:
        record["data"]["worker"] = "host:1"
    return record


async def main(release: str) -> None:
    FOLDER.mkdir(exist_ok=True)
    with (FOLDER / f"{release}.jsonl").open("x") as file:
        file.writelines([f"{await written(story)}\n" for story in CORPUS.values()])


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))

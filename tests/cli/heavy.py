"""A workflow with steps for processes; loaded with `-w`, so never imported by name."""

from __future__ import annotations

import os
import time
from functools import partial
from pathlib import Path
from typing import Any

from flopod import Runtime, workflow


def where(name: str) -> list[Any]:
    return [name, os.getpid()]


def long(file: str) -> str:
    Path(file).write_text(str(os.getpid()))
    time.sleep(0.3)
    return "done"


@workflow
async def heavy(wf: Runtime, input: str) -> Any:
    """Say where its steps are called."""
    return [await wf.activity("where", partial(where, "a")), await wf.activity("pid", os.getpid)]


@workflow
async def slow(wf: Runtime, input: str) -> Any:
    """Take a moment in another process."""
    return await wf.activity("long", partial(long, input))

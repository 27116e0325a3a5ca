"""The store that a command works on, open as long as the command takes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from flopod.control import Control
from flopod.registry import Workflow
from flopod_backends import open_backend


@asynccontextmanager
async def opened(
    url: str | None, workflows: Iterable[Workflow[..., Any]] = ()
) -> AsyncIterator[Control]:
    """Open a store, the default one without a URL.

    Raises:
        BackendError: it can't be opened.
    """
    backend = open_backend(url)
    try:
        yield Control(backend, workflows)
    finally:
        await backend.close()

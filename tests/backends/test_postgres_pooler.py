"""A real PgBouncer between the store and its server."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from contract_changes import watching
from stories import step, submitted

from flopod.backend import RunQuery
from flopod.errors import BackendError
from flopod_backends import PostgresBackend, postgres_link
from postgres_server import VARIABLE

PROGRAM = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
pytestmark = pytest.mark.skipif(
    PROGRAM is None or VARIABLE in os.environ, reason="needs PgBouncer and a server on this machine"
)
SETTINGS = """
[databases]
postgres = host={host} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
"""


@asynccontextmanager
async def pooled(url: str, mode: str, folder: Path) -> AsyncIterator[str]:
    """Give the URL of a store behind a pooler."""
    settings = parse_qs(urlsplit(url).query)
    host, schema, port = settings["host"][0], settings["schema"][0], free_port()
    file = written(folder / "pgbouncer.ini", SETTINGS.format(host=host, port=port, mode=mode))
    # It does not run as root, and must reach the server's socket.
    user = ["-u", pwd.getpwuid(os.stat(host).st_uid).pw_name] if os.getuid() == 0 else []
    quiet = asyncio.subprocess.DEVNULL
    running = await asyncio.create_subprocess_exec(
        str(PROGRAM), "-q", *user, str(file), stderr=quiet
    )
    try:
        await listening(port)
        yield f"postgresql://postgres@127.0.0.1:{port}/postgres?schema={schema}"
    finally:
        running.terminate()
        await running.wait()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def written(file: Path, text: str) -> Path:
    """Return a file that its user may read, wherever tests of this user are."""
    for folder in (file.parent, *file.parents[1:3]):
        folder.chmod(0o755)
    file.write_text(text)
    return file


async def listening(port: int) -> None:
    """Return once somebody takes connections there."""
    async with asyncio.timeout(10):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.01)
            else:
                writer.close()
                return await writer.wait_closed()


async def refused(url: str) -> str:
    """Return what is said when the store there cannot be opened."""
    store = PostgresBackend(url)
    with pytest.raises(BackendError) as error:
        await store.list_runs(RunQuery())
    await store.close()
    return str(error.value)


async def test_a_pooler_that_lends_connections_for_a_transaction_is_refused(
    postgres: str, tmp_path: Path
) -> None:
    async with pooled(postgres, "transaction", tmp_path) as url:
        assert "is a pooler in transaction mode; name the server itself" in await refused(url)


async def test_what_a_pooler_itself_refuses_is_said_to_be_its(
    postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_link, "READING", 0.1)
    async with pooled(postgres, "session", tmp_path) as url:
        assert "is behind a pooler that refuses it" in await refused(
            url.replace("/postgres?", "/nowhere?")
        )


async def test_behind_a_pooler_in_session_mode_a_store_is_a_store(
    postgres: str, tmp_path: Path
) -> None:
    async with pooled(postgres, "session", tmp_path) as url:
        store, other = PostgresBackend(url), PostgresBackend(postgres)
        async with watching(store) as watch:
            await other.append("r1", [submitted()])
            await watch.until("r1")
            await store.append("r1", [step()], expect=1)
        assert len(await other.events("r1")) == 2
        for handle in (store, other):
            await handle.close()

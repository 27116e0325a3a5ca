"""What is asked of the server of a Postgres store, and its tables made.

What a server must be is checked with the first connection, so that it is told at once and by name.
"""

from __future__ import annotations

from importlib.resources import files
from zlib import crc32

from flopod.errors import BackendError
from flopod_backends.postgres_errors import POOLED
from flopod_backends.postgres_prepared import Connection
from flopod_backends.postgres_url import Address

VERSION = 1
_OLDEST = 13
_STATE = """
SELECT current_setting('server_version_num')::int, current_setting('server_encoding'),
       pg_is_in_recovery(), current_setting('default_transaction_read_only')
"""
_FORMAT = """
SELECT c.relname, (SELECT count(*) FROM pg_attribute a
                   WHERE a.attrelid = c.oid AND a.attname = 'version')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relname IN ('format', 'runs', 'events', 'workers', 'deleted', 'limits')
"""
_SETTINGS = """
SET search_path TO "{schema}";
SET synchronous_commit TO {commit};
SET statement_timeout TO '30s';
SET lock_timeout TO '10s';
SET client_min_messages TO warning;
SET plan_cache_mode TO force_generic_plan;
SET enable_seqscan TO {scans};
SET enable_hashjoin TO {scans};
SET enable_mergejoin TO {scans};
"""
"""A plan is made once, perhaps while the tables are still empty: the statements that write and
claim are to use the indexes however few rows there seem to be."""


async def prepare_writer(address: Address, connection: Connection) -> None:
    """Set a connection up that writes; make the store's tables if they are not there.

    Raises:
        BackendError: the server, or what is there, cannot be the store.
    """
    await _check_server(address, connection)
    if not await _check_tables(address, connection):
        await _make(address, connection)
    await connection.execute(_SETTINGS.format(schema=address.schema, commit="on", scans="off"))


async def prepare_reader(
    address: Address, connection: Connection, other: tuple[int, str] | None
) -> None:
    """Set a connection up that reads, and tells of what was written.

    Args:
        other: the server's process behind the connection that writes.

    Raises:
        BackendError: the same process is behind this one, so there is a pooler in between.
    """
    await connection.execute(_SETTINGS.format(schema=address.schema, commit="off", scans="on"))
    if other and await connection.fetchval("SELECT pg_backend_pid()") == other[0]:
        raise BackendError(f"{address.url} {POOLED}")


async def _check_server(address: Address, connection: Connection) -> None:
    [[version, encoding, replica, read_only]] = await connection.fetch(_STATE)
    url = address.url
    if version < _OLDEST * 10_000:
        raise BackendError(
            f"{url} is PostgreSQL {version // 10_000}; flopod needs {_OLDEST} or later"
        )
    if encoding != "UTF8":
        raise BackendError(f"{url} keeps text as {encoding}; take a database with encoding UTF8")
    if replica or read_only == "on":
        raise BackendError(f"{url} is a read-only replica; name the primary")


async def _check_tables(address: Address, connection: Connection) -> bool:
    """Return whether the tables are there."""
    rows = await connection.fetch(_FORMAT, address.schema)
    found = {row[0]: row[1] for row in rows}
    if not found:
        return False
    where = f"{address.url}: schema {address.schema}"
    if not found.get("format"):
        raise BackendError(
            f"{where} holds tables of another program ({', '.join(sorted(found))}); "
            "name another with ?schema="
        )
    version = await connection.fetchval(f'SELECT max(version) FROM "{address.schema}".format')
    if version > VERSION:
        raise BackendError(
            f"{where} was written by a newer flopod (format {version}, this one reads {VERSION}); "
            "update flopod"
        )
    return True


async def _make(address: Address, connection: Connection) -> None:
    script = files(__package__).joinpath("postgres_schema.sql").read_text(encoding="utf-8")
    async with connection.transaction():
        # Several programs may come first at the same moment.
        await connection.execute(
            "SELECT pg_advisory_xact_lock($1)", crc32(f"flopod {address.schema}".encode())
        )
        if await _check_tables(address, connection):
            return
        if not await connection.fetchval("SELECT to_regnamespace($1)", f'"{address.schema}"'):
            await connection.execute(f'CREATE SCHEMA "{address.schema}"')
        await connection.execute(f'SET LOCAL search_path TO "{address.schema}"')
        await connection.execute(script)

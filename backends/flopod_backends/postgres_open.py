"""Where a Postgres store is: its address, what is asked of the server, and its tables made.

What a server must be is checked with the first connection, so that it is told at once and by name.
"""

from __future__ import annotations

import re
from importlib.resources import files
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit
from zlib import crc32

from flopod.errors import BackendError, brief
from flopod_backends.postgres_errors import POOLED
from flopod_backends.postgres_link import Connection

VERSION = 1
_OLDEST = 13
_SCHEMA = "flopod"
_NO_URL = (
    "the Postgres url is none; write postgresql://user@host:port/database, the port from 1 to "
    "65535, and in a password %23 for #, %2F for /, %3F for ?, %40 for @"
)
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
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


class Address(NamedTuple):
    """Where a store is."""

    dsn: str
    """For the driver; may hold a password."""
    url: str
    """How the store is named, and opened again by who knows the password."""
    schema: str
    password: str = ""

    @property
    def channel(self) -> str:
        """Where a commit is told."""
        return f"{self.schema}_changes"[-63:]


def address(url: str, schema: str | None = None) -> Address:
    """Take a URL apart; the schema may be its `?schema=`.

    Raises:
        BackendError: it is none, or names a schema that cannot be one.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        # Not what it says is wrong, which may be a piece of the password.
        raise BackendError(_NO_URL) from None
    if not url.partition(":")[2].startswith("//"):
        raise BackendError(_NO_URL)
    settings = dict(parse_qsl(parts.query, keep_blank_values=True))
    named = settings.pop("schema", None)
    schema = schema or named or _SCHEMA
    if not _NAME.fullmatch(schema):
        raise BackendError(
            f"schema {brief(schema)} cannot be one; take small letters, digits and _ (at most 63)"
        )
    dsn = _written(parts._replace(query=urlencode(settings)))
    user = f"{quote(parts.username)}@" if parts.username else ""
    host = (parts.hostname or "") + (f":{port}" if port else "")
    shown = {key: value for key, value in settings.items() if "password" not in key.lower()}
    if schema != _SCHEMA:
        shown["schema"] = schema
    told = parts._replace(netloc=f"{user}{host}", query=urlencode(shown, safe="/"))
    password = unquote(parts.password or "") or settings.get("password", "")
    return Address(dsn, _written(told), schema, password)


def _written(parts: SplitResult) -> str:
    """Return a URL with its two slashes, also where it names no host."""
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{parts.netloc}{parts.path}{query}"


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

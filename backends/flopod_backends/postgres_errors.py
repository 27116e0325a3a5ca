"""What went wrong with a server, in one line that names it and says what to do.

A server's own messages name neither host nor database, and a driver's may tell a password.
"""

from __future__ import annotations

import asyncio
import socket

import asyncpg

from flopod.errors import BackendError, brief

AGAIN = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
)
"""What the server refused whole, and may take the next time."""

STARTING = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    ConnectionError,
    TimeoutError,
    socket.gaierror,
    FileNotFoundError,
)
"""What a server says, or does not, that may be there in a moment."""

ABSENT = (ConnectionRefusedError, FileNotFoundError, socket.gaierror)
"""What tells of a server that was never there: not waited for at the first connection."""

CUT = (
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InternalClientError,
    asyncio.IncompleteReadError,
    ConnectionError,
    TimeoutError,
    OSError,
)
"""What ends a connection, so that it is not known whether a commit was made. Where it is closed,
any other error does too: a driver says alike that it has none and that a parameter is wrong."""

ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
"""All that a driver raises."""

POOLED = "is a pooler in transaction mode; name the server itself, or a pool in session mode"

_ADVICE: dict[type[BaseException], str] = {
    asyncpg.InvalidCatalogNameError: "has no such database; create it, or name another",
    asyncpg.InvalidPasswordError: "refuses the password; set PGPASSWORD or ~/.pgpass",
    asyncpg.InvalidAuthorizationSpecificationError: "refuses the login; "
    "check the user and the server's pg_hba.conf",
    asyncpg.InsufficientPrivilegeError: "does not let this user use the store; have the owner of "
    "the database run: CREATE SCHEMA flopod AUTHORIZATION the-user",
    asyncpg.ReadOnlySQLTransactionError: "is a read-only replica; name the primary",
    asyncpg.CannotConnectNowError: "is starting up or shutting down; try again in a moment",
    asyncpg.TooManyConnectionsError: "takes no more connections; stop some programs, or raise its "
    "max_connections",
    asyncpg.DiskFullError: "cannot write: its disk is full; make room, then go on",
    asyncpg.UndefinedTableError: "lacks a table of the store; "
    "restore it from a backup, or name another schema",
    asyncpg.UndefinedColumnError: "has a table of another program under a name of the store's; "
    "name another schema with ?schema=",
    asyncpg.InvalidSQLStatementNameError: POOLED,
    asyncpg.ProtocolViolationError: "is behind a pooler that refuses it (see the pooler's log); "
    "name the server itself, or a pool in session mode",
    asyncpg.DuplicatePreparedStatementError: POOLED,
    asyncpg.FeatureNotSupportedError: "cannot do what the store needs; flopod needs PostgreSQL 13 "
    "or later",
    ConnectionRefusedError: "cannot be reached: nothing listens there; start it, or check host "
    "and port",
    FileNotFoundError: "cannot be reached: there is no such socket; start it, or check the host",
    socket.gaierror: "cannot be reached: its host is unknown; check the name",
    TimeoutError: "does not answer; check the network and the server",
    ConnectionError: "has cut the connection; check the network and the server",
    asyncpg.PostgresConnectionError: "has cut the connection; check the network and the server",
    OSError: "cannot be reached; check the network and the server",
}


class Lost(BackendError):
    """A connection was cut: whether its last statement was executed has to be looked up."""


def told(url: str, error: BaseException) -> BackendError:
    """Return the error as one line."""
    for kind in type(error).__mro__:
        if kind in _ADVICE:
            return BackendError(f"{url} {_ADVICE[kind]}")
    state = getattr(error, "sqlstate", None)
    code = f" ({state})" if state else ""
    return BackendError(f"{url} cannot be used{code}: {brief(str(error))}")

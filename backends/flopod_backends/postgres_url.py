"""The URL of a Postgres store: as the driver takes it, and as it is told, without its password."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from flopod.errors import BackendError, brief

SCHEMA = "flopod"
"""Where the tables are unless another schema is named."""
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_HOST = re.compile(r"(?:\[[^\]]*\]|[^][:]*)(?::(?P<port>\d+))?")
_MOST = 65_535
_NONE = (
    "the Postgres url cannot be read; write postgresql://user@host:port/database, and in a "
    "password %2F for /, %3F for ?, %23 for #, %40 for @"
)


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
    except ValueError:
        # Not what it says is wrong, which may be a piece of the password.
        raise BackendError(_NONE) from None
    if not url.partition(":")[2].startswith("//"):
        raise BackendError(_NONE)
    login, _, hosts = parts.netloc.rpartition("@")
    _check_hosts(hosts, parts.path + parts.fragment, parts.query)
    settings = dict(parse_qsl(parts.query, keep_blank_values=True))
    named = settings.pop("schema", None)
    schema = schema or named or SCHEMA
    if not _NAME.fullmatch(schema):
        raise BackendError(
            f"schema {brief(schema)} cannot be one; take small letters, digits and _ (at most 63)"
        )
    shown = {key: value for key, value in settings.items() if "password" not in key.lower()}
    if schema != SCHEMA:
        shown["schema"] = schema
    user, _, password = login.partition(":")
    at = f"{quote(unquote(user))}@" if user else ""
    return Address(
        _joined(parts.scheme, parts.netloc, parts.path, settings),
        _joined(parts.scheme, at + hosts, parts.path, shown),
        schema,
        unquote(password) or settings.get("password", ""),
    )


def _check_hosts(hosts: str, path: str, query: str) -> None:
    """Refuse what is no host, and where a login may end later: then they are a part of it."""
    wrong = next((host for host in hosts.split(",") if not _is_host(host)), None)
    if "@" in path or (wrong is not None and "@" in query):
        raise BackendError(_NONE)
    if wrong is not None:
        raise BackendError(
            f"the Postgres url names host {brief(wrong)}; take host or host:port, a port being a "
            f"number up to {_MOST}"
        )


def _is_host(text: str) -> bool:
    fits = _HOST.fullmatch(text)
    return fits is not None and int(fits["port"] or 0) <= _MOST


def _joined(scheme: str, netloc: str, path: str, settings: dict[str, str]) -> str:
    query = f"?{urlencode(settings, safe='/')}" if settings else ""
    return f"{scheme}://{netloc}{path}{query}"

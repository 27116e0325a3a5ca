"""What lies in a SQLite store, looked at and changed behind flopod's back."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest


def execute(path: Path, sql: str) -> None:
    """Change a database with one statement."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(sql)
    connection.close()


def row(path: Path, columns: str, run_id: str = "r1") -> tuple[object, ...]:
    """Return columns of a run's row."""
    connection = sqlite3.connect(path)
    found = connection.execute(f"SELECT {columns} FROM runs WHERE run_id = ?", (run_id,)).fetchone()
    connection.close()
    return tuple(found)


def break_last_page(path: Path, table: str) -> None:
    """Make garbage of the last page of a table."""
    connection = sqlite3.connect(path)
    sql = "SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY path DESC"
    try:
        page = connection.execute(sql, (table,)).fetchone()[0]
    except sqlite3.OperationalError:
        pytest.skip("this SQLite tells nothing of its pages")
    finally:
        connection.close()
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 4096)

"""A check-up of a store from the outside, and the repair of what it finds.

Nothing is opened for writing and nothing is made before a repair is asked for: a store that will
not open can still be looked at. A repair mends by copy: what it takes out or replaces is kept.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from flopod.errors import BackendError
from flopod.stored import utc_now
from flopod_backends.checkup_findings import Finding, Kind, Level, Mended, Report
from flopod_backends.checkup_places import entries, places
from flopod_backends.data_dir import resolve_data_dir
from flopod_backends.fs import told
from flopod_backends.locate import database_url, open_backend
from flopod_backends.mounts import ALLOW, network

_DATABASE = "flopod.db"


def check_up(url: str | None = None) -> list[Report]:
    """Check the store that `url` names; without one, DATABASE_URL, or all of the data directory.

    Raises:
        BackendError: there is no such store, or it cannot be looked into.
    """
    now = utc_now()
    url = database_url() if url is None else url
    if url is None:
        folder = resolve_data_dir()
        with told(folder):
            return _data_dir(folder, now)
    # Whatever is wrong with the name is said as everywhere. No store is opened by this.
    kind, _, rest = open_backend(url).url.partition(":")
    if kind in ("postgresql", "postgres"):
        from flopod_backends import checkup_postgres

        return [checkup_postgres.check(url)]
    path = Path(rest.partition("?")[0] if kind == "sqlite" else rest)
    with told(path):
        match kind:
            case "file":
                return [_file(path, now)]
            case "sqlite":
                return [_sqlite(path, now)]
    raise BackendError(f"{url}: a store in memory leaves nothing to check; name another one")


def mend(reports: Iterable[Report], url: str | None = None) -> Iterator[Mended]:
    """Mend what can be mended, one finding after the other.

    Args:
        url: of the one store checked, if it was named: it may hold a password.
    """
    now = utc_now()
    for report in reports:
        kind, _, rest = report.store.partition(":")
        findings = [finding for finding in report.findings if finding.mend]
        if kind == "sqlite":
            from flopod_backends import checkup_sqlite_mend

            yield from checkup_sqlite_mend.mend(Path(rest), findings, now)
        elif kind in ("postgresql", "postgres"):
            from flopod_backends import checkup_postgres

            yield from checkup_postgres.mend(url or database_url() or report.store, findings)
        else:
            from flopod_backends import checkup_file_mend

            yield from checkup_file_mend.mend(Path(rest), findings, now)


def _data_dir(folder: Path, now: datetime) -> list[Report]:
    reports = []
    if (folder / _DATABASE).exists():
        reports.append(_sqlite(folder / _DATABASE, now))
    if any((folder / room).exists() for room in ("events", "leases")):
        reports.append(_file(folder, now))
    if not reports:
        return [Report(f"file:{folder}", 0, (_nothing(folder), *_around(folder)))]
    known = {finding for report in reports for finding in report.findings}
    more = tuple(finding for finding in _around(folder) if finding not in known)
    return [replace(reports[0], findings=(*more, *reports[0].findings)), *reports[1:]]


def _around(folder: Path) -> Iterator[Finding]:
    """Check the data directory as such, and what the app and the workers keep there."""
    reports = folder / "reports"
    yield from places(
        [folder, folder / "worker.log", reports, *(reports / n for n in entries(reports))]
    )


def _nothing(folder: Path) -> Finding:
    what = "there is no data directory" if not folder.exists() else "nothing was ever recorded here"
    taken = "--backend or FLOPOD_DATA_DIR names another one"
    return Finding(Level.NOTE, Kind.NOTHING, str(folder), what, taken)


def _file(folder: Path, now: datetime) -> Report:
    from flopod_backends import checkup_file

    if not folder.is_dir():
        raise BackendError(f"{folder} is no directory, so there is no store in files; name another")
    if not (folder / "events").is_dir():
        return Report(f"file:{folder}", 0, (_without_logs(folder),))
    return _on_disk(checkup_file.check(folder, f"file:{folder}", now), folder)


def _without_logs(folder: Path) -> Finding:
    if not any((folder / room).exists() for room in ("leases", "workers", "trash")):
        return _nothing(folder)
    what, taken = "the folder of its logs is gone", "put it back: every run of this store is in it"
    return Finding(Level.DAMAGE, Kind.UNREADABLE, str(folder / "events"), what, taken)


def _sqlite(path: Path, now: datetime) -> Report:
    from flopod_backends import checkup_sqlite

    if not path.exists():
        raise BackendError(f"{path} is not there, so there is no store to check; name another file")
    return _on_disk(checkup_sqlite.check(path, f"sqlite:{path}", now), path)


def _on_disk(report: Report, path: Path) -> Report:
    kind = network(path)
    if not kind:
        return report
    allowed = os.environ.get(ALLOW) == "1"
    finding = Finding(
        Level.NOTE if allowed else Level.WARNING,
        Kind.NETWORK,
        str(path),
        f"it lies on a network file system ({kind}), where a lock or an fsync may not hold",
        "it was allowed" if allowed else "nothing is written there; move it to a local disk",
    )
    return replace(report, findings=(finding, *report.findings))

"""What the tests of the check-up share: stores to damage, and a check of what it says."""

from __future__ import annotations

from pathlib import Path

from flopod_backends.checkup import check_up, mend
from flopod_backends.checkup_findings import Finding, Kind, Level, Mended


def found(url: str) -> list[Finding]:
    """Return what a check-up finds."""
    return [finding for report in check_up(url) for finding in report.findings]


def only(url: str, kind: Kind) -> Finding:
    """Return the one finding, which is of this kind."""
    [finding] = found(url)
    assert finding.kind is kind, finding
    return finding


def damaged(url: str) -> list[Finding]:
    """Return the damage that a check-up finds."""
    return [finding for finding in found(url) if finding.level is Level.DAMAGE]


def mended(url: str) -> list[Mended]:
    """Mend what can be mended and see that it is."""
    done = list(mend(check_up(url)))
    assert all(each.done for each in done), done
    assert not [finding for finding in found(url) if finding.mend]
    return done


def everything(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Return all there is in a folder: modes, times and contents."""
    return {
        str(path.relative_to(folder)): (
            path.lstat().st_mode,
            path.lstat().st_mtime_ns,
            path.read_bytes() if path.is_file() else b"",
        )
        for path in sorted(folder.rglob("*"))
    }

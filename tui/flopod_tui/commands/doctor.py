"""`flopod doctor`: what is wrong with a store, one line a finding, and its repair when asked for.

It only reads, until it has said what it would do and somebody agreed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from flopod_tui.arguments import Args, Commands, add_json
from flopod_tui.exits import OK, UNREADABLE, WrongUseError
from flopod_tui.output.printing import put, put_json
from flopod_tui.text.format import safe

if TYPE_CHECKING:
    from flopod_backends.checkup_findings import Finding, Lost, Mended, Report

MOST_LOST = 20
"""Records left out that are listed one by one; JSON has them all."""
FIELDS = ("level", "kind", "file", "line", "byte", "run", "what", "taken", "mend", "lost")
EPILOG = """\
what it says:
  note      happens in daily work; the store sees to it by itself
  warning   nothing is lost, but it wants a hand
  damage    something that was stored cannot be read, or contradicts itself

exit codes:
  0  no damage    2  wrong use    3  damage, or what is left of it after --repair;
                                     also: the store is not there

--json prints one object:
  stores    a list of {store, runs}: the URL, and how many runs were looked at
  findings  a list of {level, kind, file, line, byte, run, what, taken, mend, lost};
            line counts from 1 and byte from 0, null where there is none; taken: what is
            taken instead or what to do; mend: what --repair does, empty where it can't;
            lost: what it leaves out, each {line, byte, size, seq, type, path}
  mended    a list of {file, kind, done, what, kept}: what --repair did, or why not, and
            where the original is
  left      the findings after that
  counts    {note, warning, damage} of what is left

A repair works by copy. It keeps every original, in the folder trash of a store in files and
beside a database. A run that has lost events stops as needs_attention: `flopod retry RUN` lets
it go on, and it does again what it had recorded in them."""


def add(commands: Commands) -> None:
    """Add this command."""
    made = commands.add(
        "doctor",
        doctor,
        "Check the store: every log against its summary, files, leases and locks.",
        examples="""flopod doctor
        flopod doctor --backend file:runs
        flopod doctor --json | jq -r '.findings[] | select(.level == "damage") | .file'
        flopod doctor --repair""",
    )
    made.add_argument("--repair", action="store_true", help="mend what can be mended, after asking")
    made.add_argument("--yes", action="store_true", help="do not ask; for --repair in a script")
    add_json(made)
    made.epilog = f"{made.epilog}\n\n{EPILOG}"


def doctor(args: Args) -> int:
    """Check a store and, when asked to, mend it."""
    # Loaded here: it looks into everything, and every other command would wait for it.
    from flopod_backends.checkup import check_up, mend
    from flopod_backends.checkup_findings import Level, counts

    _check_use(args)
    reports = check_up(args.backend)
    done: list[Mended] = []
    left: Sequence[Report] = reports
    if not args.json:
        _put_findings(reports, plan=args.repair)
    if args.repair and _mendable(reports) and (args.yes or _agreed(len(_mendable(reports)))):
        for each in mend(reports, args.backend):
            done.append(each)
            if not args.json:
                put(_mended_line(each))
        left = check_up(args.backend)
    if args.json:
        put_json(_plain(reports, done, left))
    else:
        put(_last_line(left, repaired=bool(done)))
    return UNREADABLE if counts(left)[Level.DAMAGE] else OK


def _check_use(args: Args) -> None:
    if args.yes and not args.repair:
        raise WrongUseError("--yes agrees to a repair; give --repair with it")
    asks = sys.stdin.isatty() and sys.stderr.isatty() and not args.json
    if args.repair and not args.yes and not asks:
        raise WrongUseError(
            "--repair asks before it does anything; without a terminal, or with --json, give --yes"
        )


def _agreed(count: int) -> bool:
    print(f"mend {_counted(count, 'finding')}? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _put_findings(reports: Iterable[Report], plan: bool) -> None:
    for report in reports:
        for finding in report.findings:
            put(_line(finding))
            if plan and finding.mend:
                put(f"    repair: {safe(finding.mend)}")
                for left_out in _lost_lines(finding.lost):
                    put(f"      left out: {left_out}")


def _line(finding: Finding) -> str:
    """Return the finding as `path:line (byte N): level: what; what is taken instead`."""
    place = finding.file if finding.line is None else f"{finding.file}:{finding.line}"
    place += "" if finding.byte is None else f" (byte {finding.byte})"
    taken = f"; {finding.taken}" if finding.taken else ""
    return safe(f"{place}: {finding.level}: {finding.what}{taken}")


def _lost_lines(lost: Sequence[Lost]) -> list[str]:
    lines = [_lost_line(each) for each in lost[:MOST_LOST]]
    more = len(lost) - len(lines)
    return [*lines, f"… and {more} more; --json lists them all"] if more else lines


def _lost_line(lost: Lost) -> str:
    what = f"event {lost.seq} {lost.type} {lost.path}" if lost.seq is not None else "not readable"
    line = "" if lost.line is None else f"line {lost.line} "
    byte = "" if lost.byte is None else f"byte {lost.byte}, "
    return safe(f"{line}({byte}{_counted(lost.size, 'byte')}): {what.rstrip()}")


def _mended_line(mended: Mended) -> str:
    word = "mended" if mended.done else "not mended"
    kept = f"; the original: {mended.kept}" if mended.kept else ""
    found = f"{mended.finding.file}: {mended.finding.what}"
    return safe(f"{word}: {found}: {mended.what}{kept}")


def _last_line(reports: Sequence[Report], repaired: bool) -> str:
    from flopod_backends.checkup_findings import Level, counts

    stores = ", ".join(f"{_counted(report.runs, 'run')} in {report.store}" for report in reports)
    found = counts(reports)
    told = [
        f"{found[Level.DAMAGE]} damaged" if found[Level.DAMAGE] else "",
        _counted(found[Level.WARNING], "warning") if found[Level.WARNING] else "",
        _counted(found[Level.NOTE], "note") if found[Level.NOTE] else "",
    ]
    what = ", ".join(filter(None, told)) or "nothing wrong"
    can = len(_mendable(reports))
    hint = f"; `flopod doctor --repair` mends {can}" if can and not repaired else ""
    return safe(f"checked {stores}: {what}{hint}")


def _mendable(reports: Iterable[Report]) -> list[Finding]:
    return [finding for report in reports for finding in report.findings if finding.mend]


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _plain(
    reports: Sequence[Report], done: Iterable[Mended], left: Sequence[Report]
) -> dict[str, Any]:
    from flopod_backends.checkup_findings import counts

    return {
        "stores": [{"store": report.store, "runs": report.runs} for report in reports],
        "findings": _plain_findings(reports),
        "mended": [
            {
                "file": each.finding.file,
                "kind": each.finding.kind,
                "done": each.done,
                "what": each.what,
                "kept": each.kept,
            }
            for each in done
        ],
        "left": _plain_findings(left),
        "counts": counts(left),
    }


def _plain_findings(reports: Iterable[Report]) -> list[dict[str, Any]]:
    found = (asdict(finding) for report in reports for finding in report.findings)
    return [{name: finding[name] for name in FIELDS} for finding in found]

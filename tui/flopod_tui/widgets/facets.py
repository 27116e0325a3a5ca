"""The groups of statuses with their counts, and which of them the list shows.

A click on a group does what its digit does.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from textual import events
from textual.message import Message

from flopod.summary import Status
from flopod_tui.runs.filters import FACETS, count_of
from flopod_tui.text.glyphs import look
from flopod_tui.text.spans import Span, span_width
from flopod_tui.widgets.painted import Panel

Group = tuple[str, list[Span]]
"""The key of a facet (`0`: all), and how it is drawn."""


class FacetBar(Panel):
    """The second line of the run list."""

    counts: Mapping[Status, int] | None = None
    """How many runs stand how; None before that is known."""
    chosen: Collection[str] = ()
    """The keys of the facets that are shown; empty: all."""
    groups: Sequence[Group] = ()
    """What stands on the screen."""

    @dataclass
    class Clicked(Message):
        """A facet was clicked."""

        key: str

    def on_resize(self) -> None:
        """Say it again, as long or as short as fits now."""
        if self.counts is not None:
            self.show_counts(self.counts, self.chosen)

    def show_counts(self, counts: Mapping[Status, int], chosen: Collection[str]) -> None:
        """Show how many runs each facet holds, as long or as short as fits."""
        self.counts, self.chosen = counts, chosen
        for form in (_long, _short, _shortest):
            self.groups = facet_groups(counts, chosen, form)
            spans = [span for _, drawn in self.groups for span in drawn]
            if span_width(spans) <= self.size.width:
                break
        self.show([spans])

    def on_click(self, event: events.Click) -> None:
        """Report which facet it was."""
        end = 0
        for key, drawn in self.groups:
            end += span_width(drawn)
            if event.x < end:
                self.post_message(self.Clicked(key))
                break


Form = tuple[str, bool]
_long: Form = ("   ", True)
_short: Form = ("  ", True)
_shortest: Form = ("  ", False)


def facet_groups(counts: Mapping[Status, int], chosen: Collection[str], form: Form) -> list[Group]:
    """Return the line: `0 All 1284   1 ● Active 2 …`, the chosen ones marked."""
    gap, words = form
    total = sum(counts.values())
    groups: list[Group] = [("0", [(" ", ""), *_item("0", "", "All", total, "", not chosen)])]
    for facet in FACETS:
        shown = look(facet.look)
        word = facet.word if words else ""
        count = count_of(facet, counts)
        item = _item(facet.key, shown.glyph, word, count, shown.role, facet.key in chosen)
        groups.append((facet.key, [(gap, ""), *item]))
    return groups


def _item(key: str, glyph: str, word: str, count: int, role: str, chosen: bool) -> list[Span]:
    spans: list[Span] = [(f"{key} ", "accent" if chosen else "key")]
    if glyph:
        spans.append((f"{glyph} " if word else glyph, role if count else "quiet"))
    text = f"{word} {count:,}" if word else f" {count:,}"
    spans.append((text, "accent" if chosen else "" if count else "quiet"))
    return spans

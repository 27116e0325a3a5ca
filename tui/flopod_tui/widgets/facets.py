"""The groups of statuses with their counts, and which of them the list shows."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from flopod.summary import Status
from flopod_tui.runs.filters import FACETS, count_of
from flopod_tui.text.glyphs import look
from flopod_tui.text.spans import Span, span_width
from flopod_tui.widgets.painted import Panel


class FacetBar(Panel):
    """The second line of the run list."""

    counts: Mapping[Status, int] | None = None
    """How many runs stand how; None before that is known."""
    chosen: Collection[str] = ()
    """The keys of the facets that are shown; empty: all."""

    def on_resize(self) -> None:
        """Say it again, as long or as short as fits now."""
        if self.counts is not None:
            self.show_counts(self.counts, self.chosen)

    def show_counts(self, counts: Mapping[Status, int], chosen: Collection[str]) -> None:
        """Show how many runs each facet holds, as long or as short as fits."""
        self.counts, self.chosen = counts, chosen
        for form in (_long, _short, _shortest):
            spans = facet_spans(counts, chosen, form)
            if span_width(spans) <= self.size.width:
                break
        self.show([spans])


Form = tuple[str, bool]
_long: Form = ("   ", True)
_short: Form = ("  ", True)
_shortest: Form = ("  ", False)


def facet_spans(counts: Mapping[Status, int], chosen: Collection[str], form: Form) -> list[Span]:
    """Return the line: `0 All 1284   1 ● Active 2 …`, the chosen ones marked."""
    gap, words = form
    total = sum(counts.values())
    spans = [(" ", ""), *_item("0", "", "All", total, "", not chosen)]
    for facet in FACETS:
        shown = look(facet.look)
        word = facet.word if words else ""
        count = count_of(facet, counts)
        spans.append((gap, ""))
        spans += _item(facet.key, shown.glyph, word, count, shown.role, facet.key in chosen)
    return spans


def _item(key: str, glyph: str, word: str, count: int, role: str, chosen: bool) -> list[Span]:
    spans: list[Span] = [(f"{key} ", "accent" if chosen else "key")]
    if glyph:
        spans.append((f"{glyph} " if word else glyph, role if count else "quiet"))
    text = f"{word} {count:,}" if word else f" {count:,}"
    spans.append((text, "accent" if chosen else "" if count else "quiet"))
    return spans

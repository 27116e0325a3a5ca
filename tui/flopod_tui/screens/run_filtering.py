"""Which runs are listed: facets by their digits, and the filter that is typed after `/`.

The list follows every key. A filter that cannot be understood is marked where the trouble is, and
the list shows what is found by the words before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from textual import on
from textual.binding import Binding
from textual.widgets import Input

from flopod_tui.query import Query, QueryError, Vocabulary, parse
from flopod_tui.runs.filters import FACETS, RunFilter, toggled
from flopod_tui.runs.rows import Row
from flopod_tui.screens.run_listing import RunListing
from flopod_tui.text.format import plural, width_of
from flopod_tui.text.spans import Span
from flopod_tui.widgets.facets import FacetBar
from flopod_tui.widgets.filter_field import FilterField
from flopod_tui.widgets.painted import Panel

MARK = 3
"""Cells before the field."""
REMEMBERED = 20
"""Filters that ↑ brings back."""
FACET = "a group of statuses; again: not any more"
RECENT, SAVED = "runs.filter", "runs.saved"
"""Their names in what is remembered."""


class RunFiltering(RunListing):
    """Runs, those that are looked for."""

    BINDINGS = [
        Binding("slash", "filter", "Filter", key_display="/", tooltip="type what is looked for"),
        *(
            Binding(facet.key, f"facet({facet.key})", "Facet", show=False, tooltip=FACET)
            for facet in FACETS
        ),
        Binding("0", "facet(0)", "All", show=False, tooltip="no facet"),
        Binding("escape", "clear", "Clear", key_display="Esc", tooltip="clear the filter"),
        Binding("n", "hit(1)", "Next match", show=False, tooltip="next highlighted run"),
        Binding("N", "hit(-1)", "Previous match", show=False, tooltip="highlighted run before"),
    ]

    HELP_NOTES = (
        (
            "FILTER",
            (
                "words match id, workflow, path, event, error",
                "status:failed,waiting  wf:order  path:a/b  err:502  event:approved  worker:host",
                "age<2h  took>30s  wait>1d  steps>100  id~^imp.*7$",
                '-word leaves out  "two words"  a | b  @name is a saved filter',
            ),
        ),
    )

    highlights = False
    """What is typed stands out, and hides nothing."""
    typed = Query()
    """The last filter that was understood."""
    words = Vocabulary()
    """What ghost text is made of."""

    def on_mount(self) -> None:
        """Begin with the filter that the settings name."""
        self.show_mode()
        if default := self.session.settings.default_filter:
            self.add_class("-filtering")
            self.query_one(FilterField).value = default

    # What is known

    def saved(self) -> Mapping[str, str]:
        """Return the saved filters: those of the settings, and those saved from here."""
        return {**self.session.settings.saved_filters, **_texts(self.session.memory.get(SAVED))}

    def recent(self) -> list[str]:
        """Return the last filters, the newest first."""
        known = self.session.memory.get(RECENT)
        return [text for text in known if isinstance(text, str)] if isinstance(known, list) else []

    def vocabulary(self) -> Vocabulary:
        """Return what can be completed."""
        return replace(self.words, saved=tuple(sorted(self.saved())))

    def learn_words(self) -> None:
        """Look at what is there, for the ghost text."""
        runs = [row.run for row in self.feed.rows.by_id.values()]
        self.words = Vocabulary(
            workflows=tuple(sorted({run.workflow for run in runs})),
            events=tuple(sorted({wait.event for run in runs for wait in run.open_waits})),
            workers=tuple(sorted({run.worker for run in runs if run.worker})),
        )

    # Typing

    def action_filter(self) -> None:
        """Type what the runs must be like."""
        self.add_class("-filtering")
        field = self.query_one(FilterField)
        field.recent = self.recent()
        field.forget_recall()
        self.learn_words()
        self.set_focus(field)

    @on(Input.Changed, "#filter")
    def filter_typed(self, event: Input.Changed) -> None:
        """Follow every key."""
        wrong: QueryError | None = None
        try:
            self.typed = parse(event.value, self.saved())
        except QueryError as error:
            wrong = error
            with suppress(QueryError):
                self.typed = parse(before_wrong(event.value, error.position), self.saved())
        self.show_wrong(wrong)
        self.apply()

    def apply(self) -> None:
        """Have what was typed narrow the list, or stand out in it."""
        query = Query() if self.highlights else self.typed
        stands_out = self.highlights and not self.typed.is_all
        self.runs.hits = self._is_hit if stands_out else None
        self.runs.repaint_changed()
        if (self.wanted.facets, query) != (self.wanted.facets, self.wanted.query):
            self.narrow(replace(self.wanted, query=query))

    def _is_hit(self, row: Row) -> bool:
        return self.typed.finds(row.run, row.text, self.now())

    def show_wrong(self, error: QueryError | None) -> None:
        """Mark the wrong character, and say what is taken."""
        self.set_class(error is not None, "-wrong")
        panel, field = self.query_one("#filter-wrong", Panel), self.query_one(FilterField)
        if error is not None:
            before = width_of(field.value[: error.position]) - field.scroll_offset.x
            at = MARK + 1 + max(0, before)
            panel.show([caret(at, str(error), self.size.width)])

    @on(Input.Submitted, "#filter")
    def filter_done(self) -> None:
        """Go back to the list, keeping what was typed."""
        text = self.query_one(FilterField).value.strip()
        if text:
            self.session.memory.put(RECENT, [text, *self._others(text)][:REMEMBERED])
        self.set_focus(self.runs)
        self.set_class(bool(text), "-filtering")

    def _others(self, text: str) -> list[str]:
        return [one for one in self.recent() if one != text]

    @on(FilterField.Switched)
    def switched(self) -> None:
        """Narrow the list, or only highlight."""
        self.highlights = not self.highlights
        self.show_mode()
        self.apply()

    def show_mode(self) -> None:
        """Show whether the list is narrowed."""
        self.query_one("#filter-mark", Panel).show([[(" * " if self.highlights else " / ", "key")]])
        if self.highlights:
            self.say("what is typed is highlighted: n N go to it · Tab narrows again")

    def why_not(self, action: str) -> str:
        """Return why an action makes no sense now."""
        if action == "clear" and not self.can_clear():
            return "there is no filter to clear"
        if action == "hit" and self.runs.hits is None:
            return "nothing is highlighted: / then Tab highlights what is typed"
        return super().why_not(action)

    def can_clear(self) -> bool:
        """Say whether Esc has something to do."""
        reading = self.feed.loaded and not self.feed.complete
        return bool(self.wanted) or self.has_class("-filtering") or reading

    def action_clear(self) -> None:
        """Clear one thing: what was typed, then the facets; or stop reading."""
        if self.has_class("-filtering"):
            self.clear_typed()
        elif self.wanted:
            self.narrow(RunFilter())
        elif not self.feed.complete:
            self.feed.stop()
            self.say(f"reading stopped after {plural(len(self.feed.rows), 'run')} · r reads on")

    def clear_typed(self) -> None:
        """Clear what was typed, and narrow from now on."""
        self.remove_class("-filtering")
        self.set_focus(self.runs)
        self.highlights = False
        self.show_mode()
        self.query_one(FilterField).value = ""

    def filter_by(self, text: str) -> None:
        """List what a filter takes."""
        self.add_class("-filtering")
        self.query_one(FilterField).value = text
        self.filter_done()

    def action_hit(self, step: int) -> None:
        """Go to the next run that stands out."""
        if not self.refuses("hit") and not self.runs.step_to_hit(step):
            self.say(f"no run that is listed matches “{self.typed.text}”", "error")

    def save_filter(self, name: str) -> None:
        """Keep what was typed under a name."""
        name, text = name.strip().lstrip("@"), self.typed.text.strip()
        if not name.isidentifier() or not text:
            return self.say("type a filter first, then save it under one word", "error")
        kept = {**_texts(self.session.memory.get(SAVED)), name: text}
        self.session.memory.put(SAVED, kept)
        self.say(f"saved as @{name}: {text}", "ok")

    def action_facet(self, number: int) -> None:
        """Show one group of statuses, or one more; a shown one goes again; 0: all."""
        facets = toggled(self.wanted.facets, f"{number}") if number else frozenset()
        self.narrow(replace(self.wanted, facets=facets))

    @on(FacetBar.Clicked)
    def facet_clicked(self, message: FacetBar.Clicked) -> None:
        """Do what the digit of the facet does."""
        self.action_facet(int(message.key))


def before_wrong(text: str, position: int) -> str:
    """Return what stands before the word with the wrong character."""
    return text[:position].rpartition(" ")[0].rstrip(" |")


def caret(at: int, text: str, width: int) -> list[Span]:
    """Return a line with `^` below a character, and a text beside it where there is room."""
    if at + 2 + width_of(text) <= width or at <= width // 2:
        return [(" " * at, ""), ("^ ", "error"), (text, "error")]
    left = text[: max(0, at - 1)]
    return [((left + " ").rjust(at), "error"), ("^", "error")]


def _texts(remembered: Any) -> dict[str, str]:
    """Return the entries of a remembered object that are texts."""
    known = remembered if isinstance(remembered, dict) else {}
    return {key: text for key, text in known.items() if isinstance(text, str)}

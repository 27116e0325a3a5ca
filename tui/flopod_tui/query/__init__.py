"""The language in which runs are looked for: `status:failed wf:order took>30s -test | @mine`.

Pure: the list of the app and the command `flopod runs` use the same.
"""

from flopod_tui.query.completing import Vocabulary, complete
from flopod_tui.query.errors import QueryError
from flopod_tui.query.parsing import parse
from flopod_tui.query.query import Query
from flopod_tui.query.terms import searched

__all__ = ["Query", "QueryError", "Vocabulary", "complete", "parse", "searched"]

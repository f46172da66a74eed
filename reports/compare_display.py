"""How the columns and plans of a comparison are called in one language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zonevest.instances import names
from zonevest.reports.compare_sides import APPROVED, NOTHING
from zonevest.reports.display import MINUS, Display

if TYPE_CHECKING:
    from zonevest.reports.compare import Comparison
    from zonevest.reports.labels import Words


class Compared(Display):
    """Names of a comparison: those of its studies, and its columns.

    Parameters
    ----------
    found : the comparison.
    words : the words of the language.
    """

    def __init__(self, found: Comparison, words: Words) -> None:
        super().__init__(found.study, words)
        self.columns = {NOTHING: words("compare_nothing"), APPROVED: words("compare_approved")}
        base = found.names[0]
        for name in found.names:
            self.columns[f"{name} - {base}"] = f"{name} {MINUS} {base}"
            for part in ("zone", "practice", "start", "class_after", "cash", "ecosystem", "worth"):
                label = words(f"compare_part_{part}")
                self.columns[f"{name}.{part}"] = words("compare_of", plan=name, part=label)

    def plan_column(self, code: str) -> str:
        """What a column of a plan is called; a plan by its own name."""
        return self.columns.get(code, code)

    def table_named(self, code: str) -> str:
        """The name of a table of a study; in English its own."""
        return names.of_table(code).zh[0] if self.words.lang == "zh" else code

    def column_named(self, code: str) -> str:
        """The name of a column, whatever table it is of; in English its own."""
        return names.of_column("", code).zh[0] if self.words.lang == "zh" else code

    def indicator(self, code: str) -> str:
        """The name of an indicator: of the scorecard, or an account."""
        return self.words(f"score_{code}") if self.words.has(f"score_{code}") else self.account(code)

    def topic(self, code: str) -> str:
        """What an indicator is about: a topic, or one of the four effects."""
        found = next((key for key in (f"topic_{code}", f"effect_{code}") if self.words.has(key)), "")
        return self.words(found) if found else code

    def project_or_place(self, code: str) -> str:
        """The name of a project or of a jurisdiction."""
        return self.project(code) if code in self._projects else self.jurisdiction(code) if code else ""

"""The words of the reports, from one table: ``labels.csv`` with ``key, en, zh``, sorted by key.

Words in braces are filled in with ``Words(lang)(key, name=value)``. Planner's words, not the program's: a practice is a
land action on screen, the purse is the budget entity.
"""

from __future__ import annotations

import csv
from importlib.resources import files
from typing import Final, Literal, get_args

Lang = Literal["en", "zh"]
LANGUAGES: Final = get_args(Lang)


def _labels() -> dict[str, tuple[str, str]]:
    text = files("zonevest.reports").joinpath("labels.csv").read_text(encoding="utf-8")
    return {row["key"]: (row["en"], row["zh"]) for row in csv.DictReader(text.splitlines())}


LABELS: Final = _labels()
"""Key -> (English, Chinese)."""


class Words:
    """The words of one language: ``Words("en")("gap")``."""

    def __init__(self, lang: str) -> None:
        if lang not in LANGUAGES:
            raise ValueError(f"lang must be one of {', '.join(LANGUAGES)}, found {lang!r}")
        self.lang = lang
        self._side = LANGUAGES.index(lang)

    def __call__(self, key: str, **values: object) -> str:
        """The label of a key, its braces filled in."""
        text = LABELS[key][self._side]
        return text.format(**values) if values else text

    def has(self, key: str) -> bool:
        """Whether there is such a label."""
        return key in LABELS

    def or_code(self, prefix: str, code: str) -> str:
        """The label of ``prefix + code``, else the code itself."""
        return self(prefix + code) if prefix + code in LABELS else code

"""Sentences for a reader: written in English where they arise, told in another language where they are shown.

`say` fills a template and keeps it, with its values, beside the text, which is an ordinary ``str`` to all who do not
care. `translate` looks the template up in the catalogue of the language, ``words_zh.csv``: a template per line, with
the same values in braces in both columns. What is a plain ``str`` is a name, and no sentence: it stays as it is.

Nothing heavy is imported here: the command line says sentences before it has loaded anything.
"""

from __future__ import annotations

import csv
import errno
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import pandas as pd

LANGUAGES = ("zh",)
"""Languages that have a catalogue; in any other one a sentence is English."""
LONG = 500
"""Letters of what is quoted at most."""
MARKS: Mapping[str, Mapping[str, str]] = {
    "zh": {", ": "、", "; ": "；", " and ": " 和 ", " or ": " 或 ", "; or ": "；或"},
}
"""What stands between the parts of a list, by language."""


class Said(str):
    """An English sentence that remembers its template and values."""

    template: str
    given: Mapping[str, object]

    def __new__(cls, template: str, values: Mapping[str, object]) -> Self:
        """Fill in the template."""
        values = {name: short(value) if isinstance(value, str) else value for name, value in values.items()}
        said = super().__new__(cls, template.format(**values))
        said.template, said.given = template, values
        return said

    def __reduce__(self) -> tuple[Any, ...]:
        return Said, (self.template, self.given)

    def in_language(self, lang: str) -> str:
        """The sentence in another language; in English where the catalogue does not have it."""
        template = catalogue(lang).get(self.template)
        if template is None:
            return str(self)
        values = {
            name: translate(value, lang) if isinstance(value, str) else value for name, value in self.given.items()
        }
        return template.format(**values)


class Listed(Said):
    """Parts in a row, each of which may be a sentence: ``a, b or c``."""

    def __new__(cls, parts: tuple[str, ...], between: str, last: str) -> Self:
        """Join the parts."""
        parts = tuple(map(short, parts))
        said = str.__new__(cls, _joined(parts, between, last))
        said.template, said.given = "", {"parts": parts, "between": between, "last": last}
        return said

    def __reduce__(self) -> tuple[Any, ...]:
        return Listed, tuple(self.given.values())

    def in_language(self, lang: str) -> str:
        """The list with its parts, and what stands between them, in another language."""
        parts, *marks = self.given.values()
        assert isinstance(parts, tuple)
        between, last = (MARKS.get(lang, {}).get(str(mark), str(mark)) for mark in marks)
        return _joined([translate(part, lang) for part in parts], between, last)


def short(text: str) -> str:
    """What is quoted, cut where it is longer than anyone reads (a cell may hold a book); sentences are as they are."""
    return text if len(text) <= LONG or isinstance(text, Said) else f"{text[: LONG - 1]}…"


def say(template: str, /, **values: object) -> str:
    """Fill in a template: ``say("no file {name!r}", name=name)``; values that are sentences are translated with it."""
    return Said(template, values)


def listed(parts: Iterable[str], between: str = ", ", last: str = "") -> str:
    """Join parts, with another word before the last one if there is to be one (`` or ``)."""
    return Listed(tuple(parts), between, last or between)


def foreign(text: str) -> str:
    """What another program says, which is nowhere translated: quoted as its own words."""
    return say("{words}", words=text)


def silent(phase: str) -> None:
    """Tell nobody of a phase."""


def of_system(error: OSError) -> str:
    """What the system says of a file: a sentence for what happens often, else its own words."""
    if isinstance(error.strerror, Said):
        return error.strerror
    return SYSTEM.get(error.errno or 0) or foreign(error.strerror or str(error))


def translate(text: str, lang: str) -> str:
    """A sentence in another language; what is not `Said` is a name and stays as it is."""
    return text.in_language(lang) if isinstance(text, Said) else text


def translated(frame: pd.DataFrame, lang: str) -> pd.DataFrame:
    """A table with every sentence in it in another language."""
    return frame.map(lambda cell: translate(cell, lang) if isinstance(cell, str) else cell)


def to_parts(text: str) -> Any:
    """A sentence as what JSON holds, for `from_parts`; its values become text."""
    if not isinstance(text, Said) or isinstance(text, Listed):
        return str(text)
    values = {name: to_parts(value) if isinstance(value, str) else str(value) for name, value in text.given.items()}
    return {"template": text.template, "values": values}


def from_parts(parts: Any, otherwise: str) -> str:
    """The sentence of `to_parts`, or `otherwise` where it is none that this version knows.

    Only templates of a catalogue are filled in: the parts may come from a file that anybody has written.
    """
    try:
        template, values = parts["template"], dict(parts["values"])
        if not any(template in catalogue(lang) for lang in LANGUAGES):
            return otherwise
        return Said(template, {name: from_parts(value, str(value)) for name, value in values.items()})
    except (LookupError, TypeError, ValueError):
        return otherwise


@cache
def catalogue(lang: str) -> Mapping[str, str]:
    """The templates of a language by their English."""
    if lang not in LANGUAGES:
        return {}
    with Path(__file__).with_name(f"words_{lang}.csv").open(encoding="utf-8", newline="") as file:
        return {row["en"]: row[lang] for row in csv.DictReader(file)}


def _joined(parts: Iterable[str], between: str, last: str) -> str:
    *front, end = [*parts] or [""]
    return between.join(front) + (last if front else "") + end


SYSTEM = {
    errno.ENOENT: say("No such file or directory"),
    errno.EACCES: say("Permission denied"),
    errno.EEXIST: say("File exists"),
    errno.ENOTDIR: say("Not a directory"),
    errno.EISDIR: say("Is a directory"),
    errno.ENOSPC: say("No space left on device"),
    errno.EROFS: say("Read-only file system"),
    errno.ENAMETOOLONG: say("File name too long"),
}
"""What the system says of files, by its number, in the words of Linux."""

"""Faults of a study, gathered first and told together."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, NoReturn

import pandas as pd

from zonevest.instances.rules import Rule
from zonevest.instances.say import listed, say, short
from zonevest.instances.study import PARTS, StudyError

SHOWN = 5
"""How many ids of many bad rows are named."""


class Faults:
    """What is wrong with a study so far: where it stands, what must hold, what was found, what to do about it.

    Each part is a sentence by `say`, or the plain name of something; what must hold is a `rule` of the list, which
    says whether a study that breaks it is refused (a fault) or read all the same (a warning).
    """

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str, str, str], None] = {}
        self._warnings: dict[tuple[str, str, str, str], None] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, where: str, must: str, found: str, do: str = "") -> None:
        """Take down a fault or a warning (the same one only once); without `do` what its rule says is to be done."""
        where, found = short(where), short(found) if found.strip() else repr(found)
        named = must if isinstance(must, Rule) else None
        rows = self._warnings if named is not None and named.severity == "warning" else self._rows
        rows[where, must, found, do or (named.do if named is not None else "")] = None

    def pardon(self, names: Collection[str]) -> None:
        """Let faults by these rules be warnings."""
        for row in [row for row in self._rows if isinstance(row[1], Rule) and row[1].name in names]:
            del self._rows[row]
            self._warnings[row] = None

    def move(self, to: Callable[[str, str, str], tuple[str, str]]) -> None:
        """Let everything stand elsewhere, with other advice: where, must, do -> where, do."""
        for rows in (self._rows, self._warnings):
            told = [(*to(where, must, do), must, found) for where, must, found, do in rows]
            rows.clear()
            rows.update(((where, must, found, do), None) for where, do, must, found in told)

    def frame(self) -> pd.DataFrame:
        """All faults in the order in which they were found; the sentences stay `Said`, as objects do."""
        return framed(self._rows)

    def warnings(self) -> pd.DataFrame:
        """All warnings likewise."""
        return framed(self._warnings)

    def stop(self) -> NoReturn:
        """Raise them all."""
        raise StudyError(self.frame())

    def stop_if_any(self) -> None:
        """Raise them all if there are any."""
        if self._rows:
            self.stop()


def framed(rows: Iterable[tuple[str, str, str, str]] = ()) -> pd.DataFrame:
    """Rows of where, must, found, do as a table."""
    return pd.DataFrame(list(rows), columns=list(PARTS), dtype=object)


def some(things: Iterable[object], shown: int = SHOWN) -> str:
    """Name the first few of many things and count them: ``a, b, c, d, e … (12 in all)``."""
    every = list(things)  # of a million bad rows only the first are written out
    first = listed([thing if isinstance(thing, str) else str(thing) for thing in every[:shown]])
    return say("{first} … ({count} in all)", first=first, count=len(every)) if len(every) > shown else first


def within(where: str, part: str) -> str:
    """Say where a part of something is: ``limits.csv, column value``."""
    return say("{where}, {part}", where=where, part=part)


def column_of(name: str) -> str:
    """Name a column as a place."""
    return say("column {name}", name=name)


def rows_of(unit: str, numbers: Sequence[Any]) -> str:
    """Name rows as a place; `unit` is what their numbers count: ``row``, ``feature``, ``position`` or ``index``."""
    many, first = len(numbers) > 1, some(numbers)
    if unit == "feature":
        return say("features {numbers}", numbers=first) if many else say("feature {numbers}", numbers=first)
    if unit == "index":
        return say("index {numbers}", numbers=first)
    if unit == "position":
        return say("positions {numbers}", numbers=first) if many else say("position {numbers}", numbers=first)
    return say("rows {numbers}", numbers=first) if many else say("row {numbers}", numbers=first)


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that looks most like `name`, or ``""``; a code that has lost its zeros, or other order, first."""
    known = list(known)
    if turned := next((each for each in known if sorted(each) == sorted(name)), ""):
        return turned  # =< for <=
    if name.isdigit() and (whole := next((each for each in known if without_zeros(each) == without_zeros(name)), "")):
        return whole
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if not close:
        folded = {each.casefold(): each for each in known}
        close = [folded[each] for each in difflib.get_close_matches(name.casefold(), list(folded), n=1, cutoff=0.6)]
    return close[0] if close else ""


def without_zeros(code: str) -> str:
    """A code of digits as a number would have it: ``0101`` -> ``101``."""
    return code.lstrip("0") if code.isdigit() else code


def meant(name: str, known: Iterable[str], otherwise: str) -> str:
    """Advice on an unknown name: the nearest known one, or else `otherwise`."""
    close = nearest(name, known)
    return say("did you mean {close}? {otherwise}", close=repr(close), otherwise=otherwise) if close else otherwise


def choice(options: Sequence[str]) -> str:
    """Write choices for a reader: ``a, b or c``."""
    return listed(options, last=" or ")

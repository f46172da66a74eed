"""The cases of a sweep: scenarios of a study times values of its settings, each with a name and a folder."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zonevest.instances.faults import meant
from zonevest.instances.read import replace_study
from zonevest.instances.rules import rule
from zonevest.instances.say import listed, say
from zonevest.reports.sweep_text import AS_IT_IS

if TYPE_CHECKING:
    from zonevest.instances.study import Study

LONGEST = 80
"""Letters of a folder's name."""


class SweepError(Exception):
    """What is wrong with a sweep that was asked for: where, what must hold, what was found, what to do."""

    def __init__(self, where: str, must: str, found: str, do: str) -> None:
        super().__init__(f"{where}: {must} (found {found})")
        self.row = {"where": where, "must": must, "found": found, "do": do}


@dataclass(frozen=True)
class Case:
    """A study as it is to be solved once.

    Attributes
    ----------
    name : its scenario and the settings of the grid.
    folder : its plan folder inside the sweep's.
    scenario : ``""`` for the study as it is.
    settings : dotted path -> value.
    probability : of its scenario, parted among the cells of the grid; None where none is stated.
    """

    name: str
    folder: str
    scenario: str
    settings: Mapping[str, object]
    probability: float | None

    def of(self, study: Study) -> Study:
        """The study of the case."""
        return replace_study(study, scenario=self.scenario, overrides=self.settings)


def cases_of(
    study: Study, grid: Mapping[str, Sequence[object]], only: Sequence[str] = (), *, as_it_is: bool = True
) -> list[Case]:
    """Every scenario of a study (or `only` some), times every combination of the values of settings.

    Raises
    ------
    SweepError
        If there is no such scenario, a setting has no value, or no case is left.
    """
    likely = probabilities(study)
    if empty := [path for path, values in grid.items() if not len(values)]:
        raise SweepError("--set", say("a setting has a value"), listed(empty), say("write it as --set a=1,2,3"))
    if strange := [name for name in only if name not in likely]:
        must = rule("scenarios.scenario", names=listed(likely)) if likely else rule("scenarios.none")
        raise SweepError("--only", must, listed(map(repr, strange)), meant(strange[0], [*likely], must.do))
    names = [name for name in likely if name in only or not only]
    if as_it_is or not likely:
        names.insert(0, "")
    cells = [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]
    varied = [path for path, values in grid.items() if len(values) > 1]
    cases: list[Case] = []
    taken = set[str]()
    for scenario in names:
        for cell in cells:
            parts = [f"{path}={_text(cell[path])}" for path in varied]
            if scenario or not varied:
                parts.insert(0, scenario or AS_IT_IS)
            of = likely.get(scenario)
            folder = _folder(",".join(parts), taken)
            name = ", ".join(parts)
            alike = sum(each.scenario == scenario and each.name.split(" (")[0] == name for each in cases)
            name = f"{name} ({alike + 1})" if alike else name
            cases.append(Case(name, folder, scenario, cell, None if of is None else of / len(cells)))
    return cases


def probabilities(study: Study) -> dict[str, float | None]:
    """Every scenario of a study in the order of its table, with its probability where it states one."""
    table = study.tables.get("scenarios")
    found: dict[str, float | None] = {}
    for name, stated in [] if table is None else zip(table["scenario"], table["probability"], strict=True):
        known = found.setdefault(str(name), None)
        if known is None and stated == stated and stated is not None:
            found[str(name)] = float(stated)
    return found


def values_of(text: str) -> list[str]:
    """``1,2,3`` parted at its commas, but for those inside brackets, braces and quotes."""
    parts, depth, quote = [""], 0, ""
    for letter in text:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter in "[{(":
            depth += 1
        elif letter in ")}]":
            depth -= 1
        if letter == "," and not depth and not quote:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts]


def _text(value: object) -> str:
    return f"{value:.12g}" if isinstance(value, float) else str(value).lower() if value in (True, False) else str(value)


def _folder(name: str, taken: set[str]) -> str:
    """A name for a folder that every file system takes, and that no other case has."""
    plain = re.sub(r"[^\w.,=+-]+", "-", name).strip("-.")[:LONGEST] or "case"
    for count in itertools.count(1):
        found = plain if count == 1 else f"{plain}-{count}"
        if found.lower() not in taken:
            taken.add(found.lower())
            return found
    raise AssertionError

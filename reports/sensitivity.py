"""What `zonevest sensitivity` found: tables, words, files and pictures."""

from __future__ import annotations

import errno
import json
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from zonevest.coefficients import FACTOR
from zonevest.instances.place import fresh
from zonevest.instances.say import Listed, Said, translate
from zonevest.reports.display import Display, number, signed
from zonevest.reports.labels import Words
from zonevest.reports.sensitivity_words import COEFFICIENTS, WORDS
from zonevest.reports.tornado import pairs_picture, tornado_picture

if TYPE_CHECKING:
    from zonevest.coefficients import Coefficient
    from zonevest.instances.study import Study
    from zonevest.model.plan import PlanData

ENDS = ("low", "high")
FOUND = [
    "status", "message", "objective", "bound", "gap", "cash", "ecosystem", "change", "holds", "held", "adapting",
    "breaks", "zone_ha", "differs_ha", "projects_in", "projects_out", "projects_moved", "lights", "lights_before",
    "audit", "seconds",
]  # fmt: skip
SOLVED = ["coefficient", "end", "op", "amount", *FOUND]
PAIRS = ["first", "first_end", "first_amount", "second", "second_end", "second_amount", "interaction", *FOUND]
RANGES = [
    "coefficient", "op", "base", "what", "low", "low_end", "low_outside", "high", "high_end", "high_outside", "tie",
    "tolerance", "solves",
]  # fmt: skip


@dataclass(frozen=True)
class Sensitivity:
    """A plan, and what becomes of it where coefficients change.

    Attributes
    ----------
    plan : the plan of the study as it is.
    coefficients : what was varied.
    solved : a row for each end of each coefficient: its amount (a factor, or a value), how the re-solve ended,
        objective, bound, gap, cash and ecosystem (gains over doing nothing in the changed study), change of the
        objective from the plan's; whether the plan's land and projects hold there (`holds`, with money found anew),
        what they are worth (`held`), what adapting gains over that, and the rows that break; hectares that change zone,
        or zone, land action or start; projects that come in, drop out or move; lights of debt; audit; seconds.
    pairs : the same for the four corners of each two coefficients, with `interaction`: the change less the sum of what
        each does alone.
    ranges : between which amounts the plan's land use (`zoning`), or land use and projects (`zoning_projects`), stay
        the best to `tolerance`: low and high, of each whether it ends there (``break``; `outside` is the nearest amount
        at which something better was found), holds to the end that was asked (``end``) or is not known; tie: something
        as good is there beside the plan already.
    complete : whether all was solved, or somebody stopped it.
    gap : to which every solve was asked for.
    """

    study: Study
    plan: PlanData
    coefficients: tuple[Coefficient, ...]
    solved: pd.DataFrame
    pairs: pd.DataFrame
    ranges: pd.DataFrame
    complete: bool
    gap: float

    def to_dict(self) -> dict[str, Any]:
        """For machines."""
        return {
            "study": self.study.settings.name,
            "complete": self.complete,
            "plan": {name: getattr(self.plan, name) for name in ("status", "objective", "bound", "gap")},
            **{name: _rows(getattr(self, name)) for name in ("solved", "pairs", "ranges")},
        }

    def to_text(self, lang: str = "en") -> str:
        """For readers."""
        say, plan = WORDS[lang], self.plan
        lines = [say["title"].format(title=self.study.title(lang), value=number(plan.objective))]
        lines += [
            f"  {self._at(row['coefficient'], row['amount'], lang)}{say['colon']}{self._found(row, lang)}"
            for row in self.widest().to_dict("records")
        ]
        if len(self.pairs):
            lines += ["", say["pairs"]]
        for row in self.pairs.to_dict("records"):
            told = [self._at(row[place], row[f"{place}_amount"], lang) for place in ("first", "second")]
            more = "" if _none(row["interaction"]) else say["interaction"].format(value=signed(row["interaction"]))
            lines.append(f"  {say['and'].join(told)}{say['colon']}{self._changed(row, lang)}{more}")
        if len(self.ranges):
            lines += ["", say["ranges"].format(tolerance=f"{100 * 2 * self.gap:g} %")]
        for row in self.ranges.to_dict("records"):
            of = say["and"].join([self.name(row["coefficient"], lang), say[row["what"]]])
            lines.append(f"  {of}{say['colon']}{self._range(row, lang)}")
        if not self.complete:
            lines += ["", say["stopped"]]
        return "\n".join(lines)

    def write(self, folder: str | Path, lang: str = "en") -> tuple[Path, ...]:
        """Write tables as CSV and one workbook, and the pictures, into a folder that is not there yet."""
        target = Path(folder)
        if target.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
        tables = {name: table for name in ("solved", "pairs", "ranges") if len(table := getattr(self, name))}
        with fresh(target) as place:
            place.mkdir()
            for name, table in tables.items():
                table.to_csv(place / f"{name}.csv", index=False)
            with pd.ExcelWriter(place / "sensitivity.xlsx") as book:
                for name, table in tables.items():
                    table.to_excel(book, sheet_name=name, index=False)
            (place / "sensitivity.json").write_text(
                json.dumps(self.to_dict(), ensure_ascii=False, indent=2, default=str) + "\n", encoding="utf-8"
            )
            (place / "tornado.svg").write_text(tornado_picture(self, lang), encoding="utf-8")
            if len(self.pairs):
                (place / "pairs.svg").write_text(pairs_picture(self, lang), encoding="utf-8")
        return tuple(sorted(target.iterdir()))

    def name(self, coefficient: str, lang: str) -> str:
        """What a coefficient is called: of the ready-made set in words, else its path."""
        return COEFFICIENTS[lang].get(coefficient, coefficient)

    def _at(self, coefficient: str, amount: float, lang: str) -> str:
        (op,) = (each.op for each in self.coefficients if each.name == coefficient)
        return f"{self.name(coefficient, lang)} {self.amount(op, amount)}"

    @staticmethod
    def amount(op: str, amount: float) -> str:
        """An amount: a factor as per cent."""
        return f"{signed(round(100 * (amount - 1), 6))} %" if op == FACTOR else number(amount)

    def widest(self) -> pd.DataFrame:
        """The table, coefficients with the largest change first."""
        widest = self.solved["change"].astype(float).abs().groupby(self.solved["coefficient"]).max()
        order = self.solved["coefficient"].map(widest.fillna(-1.0))
        return self.solved.iloc[(-order).argsort(kind="stable")]

    def _found(self, row: dict[str, Any], lang: str) -> str:
        """A re-solve in words."""
        say, parts = WORDS[lang], [self._changed(row, lang)]
        if _none(row["objective"]):
            if not _none(row["held"]):  # which is a plan, though none was found
                parts.append(say["held_only"].format(value=number(row["held"])))
            return say["semicolon"].join(parts)
        if not row["holds"]:
            parts.append(say["breaks"].format(rows=self._broken(row["breaks"], lang)))
        elif not _none(row["held"]):
            parts.append(say["held"].format(value=number(row["held"]), gain=number(max(row["adapting"], 0.0))))
        parts.append(say["differs"].format(zone=number(row["zone_ha"], 1), all=number(row["differs_ha"], 1)))
        parts += [
            say[key].format(names=self._projects(row[key], lang))
            for key in ("projects_in", "projects_out", "projects_moved")
            if row[key]
        ]
        if row["lights"] != row["lights_before"]:
            parts.append(say["lights"].format(lights=_grades(row["lights"], lang)))
        if row["audit"] is False:
            parts.append(say["audit"])
        return say["semicolon"].join(parts)

    def _display(self, lang: str) -> Display:
        return Display(self.study, Words(lang))

    def _projects(self, codes: str, lang: str) -> str:
        """Projects by name, each with its code."""
        display = self._display(lang)
        return ", ".join(display.coded(code, display.project) for code in codes.split("; "))

    def _broken(self, breaks: str, lang: str) -> str:
        """What a held plan breaks, with names beside codes."""
        parts = breaks.given["parts"] if isinstance(breaks, Listed) else (breaks,)
        assert isinstance(parts, tuple)
        display = self._display(lang)
        return WORDS[lang]["semicolon"].join(_named(part, display, lang) for part in parts)

    def _changed(self, row: dict[str, Any], lang: str) -> str:
        """Objective, change and how it ended."""
        say = WORDS[lang]
        ended = say[row["status"]]
        if _none(row["objective"]):
            return ended if not row["message"] else f"{ended} ({translate(row['message'], lang)})"
        gap = "" if _none(row["gap"]) else say["gap"].format(gap=f"{100 * row['gap']:.2f} %")
        return say["changed"].format(
            value=number(row["objective"]), change=signed(row["change"]), ended=f"{ended}{gap}"
        )

    def _range(self, row: dict[str, Any], lang: str) -> str:
        say, told = WORDS[lang], []
        for end in ENDS:
            kind = row[f"{end}_end"]
            if kind == "unknown" and _none(row[end]):
                return say["no_base"]
            amount = self.amount(row["op"], row[end])
            beyond = "" if _none(row[f"{end}_outside"]) else self.amount(row["op"], row[f"{end}_outside"])
            told.append(say[f"range_{kind}"].format(amount=amount, outside=beyond))
        return say["range"].format(low=told[0], high=told[1]) + (say["tie"] if row["tie"] else "")


def _named(part: str, display: Display, lang: str) -> str:
    """A start that cannot be, a row of limits.csv, another row by its own name, or what the study says of land."""
    if not isinstance(part, Said):
        return display.row(part)
    values = dict(part.given)
    for name, of in (("project", display.project), ("limit", display.limit)):
        if name in values:
            values[name] = display.coded(str(values[name]), of)
    for name, called in (("place", display.jurisdiction), ("period", display.period)):
        if name in values:
            values[name] = called(str(values[name]))
    return translate(Said(part.template, values), lang)


def _grades(lights: str, lang: str) -> str:
    words = Words(lang)
    pairs = (each.rpartition(" ") for each in lights.split("; ") if each)
    return ", ".join(f"{period} {words('grade_' + grade)}" for period, _, grade in pairs)


def _none(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows without what is not there."""
    return [{name: value for name, value in row.items() if not _none(value)} for row in table.to_dict("records")]

"""`zonevest diagnose`: which conditions cannot hold together, and the least that would have to give."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from zonevest.instances.study import items
from zonevest.model.areas import TOTAL
from zonevest.model.bars import BARS, EOD_INCOME, EOD_SHARE, HURDLE, SITE_LINE, WINDOWS
from zonevest.model.takings import kept_from
from zonevest.reports.check import REASON_WORDS
from zonevest.reports.diagnosis_cells import hurdle_of
from zonevest.reports.diagnosis_words import TERMS, WORDS
from zonevest.reports.display import Display, number, percent
from zonevest.reports.labels import Words

if TYPE_CHECKING:
    from zonevest.instances.study import Study
    from zonevest.model.conditions import Condition

CONFLICTS = ["conflict", "condition", "family", "limit", "account", "jurisdiction", "period", "sense", "bound", "unit"]
REPAIRS = [
    "repair",
    "cost",
    "verified",
    "verified_in",
    "in_study",
    "condition",
    "family",
    "gives",
    "unit",
    "bound",
    "needed",
    "table",
    "key",
    "column",
]
PARCELS = ["repair", "parcel_id", "practice", "start", "used_ha", "area_ha", "lines", "columns", "changes"]

PARCELS_NAMED = 5
WHOLLY = 1e-6
"""A part of a parcel that is no less than the parcel."""
NEAR = 0.02
"""Where the cheapest repair costs more than this above what is proven, what is proven is told."""


@dataclass(frozen=True)
class Diagnosis:
    """Why a study has no plan.

    Attributes
    ----------
    feasible : whether it has a plan after all; None: not found out in the time.
    conflicts : a row for each condition of each set of conditions that cannot hold together: conflict, condition,
        family, limit, account, jurisdiction, period, sense, bound (its value where land and projects decide it:
        while nothing is done) and unit.
    proven : of each conflict, whether each of its members was shown to be needed.
    whole : of each conflict, whether it is one only because something is taken whole.
    complete : whether a plan was seen with the members of all conflicts let go.
    repairs : a row for each condition that gives in a repair: repair, cost (of the repair; by default 1 for each
        hundredth of a bound), verified (whether it was seen to do) and verified_in (study: with its cells changed;
        program: with the rules loosened), in_study (whether the study with its cells changed has a plan: yes; no;
        unknown, where the time ended before that was seen; blank where something that gives is no cell, or the repair
        was not seen to do), condition, family, gives (by how much) and unit, the bound it
        has and the one that is needed, and the cell of the study (table, key, column, from `old` to `new`) where there
        is one.
    parcels : of lines that give, the parcels and what they are used for: repair, parcel_id, practice, start, used_ha
        (how much of the parcel), area_ha (of all of it), lines, the columns of the parcels table whose cells keep it
        from that, and changes: what has to stand there.
    least : no repair costs less.
    hopeless : whether it was shown that nothing that may give mends it.
    stopped : whether Ctrl-C ended the search; what was found by then is here.
    """

    study: Study
    feasible: bool | None
    conditions: tuple[Condition, ...]
    conflicts: pd.DataFrame
    proven: tuple[bool, ...]
    whole: tuple[bool, ...]
    complete: bool
    repairs: pd.DataFrame
    parcels: pd.DataFrame
    least: float
    hopeless: bool = False
    stopped: bool = False

    def to_dict(self, lang: str = "en") -> dict[str, Any]:
        """For machines, with the words of each condition and repair beside it."""
        words = _Sentences(self, lang)
        conflicts, repairs = self.conflicts, self.repairs
        return {
            "study": self.study.settings.name,
            "feasible": self.feasible,
            "complete": self.complete,
            "least": self.least,
            "hopeless": self.hopeless,
            "stopped": self.stopped,
            "conflicts": [
                {
                    "proven": self.proven[at],
                    "whole_numbers": self.whole[at],
                    "conditions": [
                        {**_plain(row), "words": words.condition(row["condition"])}
                        for row in conflicts[conflicts["conflict"] == at + 1].to_dict("records")
                    ],
                }
                for at in range(len(self.proven))
            ],
            "repairs": [
                {
                    "cost": float(rows["cost"].iloc[0]),
                    "verified": rows["verified"].iloc[0],
                    "verified_in": rows["verified_in"].iloc[0],
                    "in_study": rows["in_study"].iloc[0],
                    "gives": [
                        {**_plain(row._asdict()), "words": words.give(row)} for row in rows.itertuples(index=False)
                    ],
                    "parcels": self.parcels[self.parcels["repair"] == at].to_dict("records"),
                }
                for at, rows in repairs.groupby("repair")
            ],
        }

    def to_text(self, lang: str = "en") -> str:
        """For readers."""
        say, words = WORDS[lang], _Sentences(self, lang)
        title = self.study.title(lang)
        if not self.proven:
            return say["feasible" if self.feasible else "unknown"].format(title=title)
        lines = [say["title"].format(title=title)]
        count = len(self.proven)
        for at in range(count):
            mine = self.conflicts[self.conflicts["conflict"] == at + 1]
            kind = "nature" if mine.empty else "conflict" if self.proven[at] else "unproven"
            lines += ["", say[kind].format(at=at + 1, count=count)]
            lines += [f"  • {words.condition(name)}" for name in mine["condition"]]
            if self.whole[at]:
                lines.append(f"  ({say['whole']})")
        if not self.complete:
            lines += ["", say["more"]]
        lines += ["", say["repairs"] if self.repairs.empty else f"{say['repairs']} {say['costs']}"]
        if self.repairs.empty:
            lines.append(f"  {say['hopeless' if self.hopeless else 'none']}")
        elif self.repairs["cost"].min() > self.least * (1 + NEAR):
            lines.append(f"  ({say['least'].format(cost=number(self.least))})")
        for at, rows in self.repairs.groupby("repair"):
            done = {True: "verified", False: "refuted"}.get(rows["verified"].iloc[0], "unverified")
            if rows["verified_in"].iloc[0] == "program":
                done = {"no": "program_only", "unknown": "program_so_far"}.get(rows["in_study"].iloc[0], "program")
            cost = number(float(rows["cost"].iloc[0]))
            lines.append(f"  {say['repair'].format(at=at, cost=cost, verified=say[done])}")
            lines += [f"     • {words.give(row)}" for row in rows.itertuples(index=False)]
        sound = self.complete and bool(self.repairs["verified"].eq(True).all())
        if sound and not set(self.repairs["condition"]) <= set(self.conflicts["condition"]):
            lines += ["", say["further"]]
        return "\n".join(lines)


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """A row without what is not there."""
    return {name: value for name, value in row.items() if not (isinstance(value, float) and np.isnan(value))}


class _Sentences:
    """Conditions, and what gives, in words."""

    def __init__(self, found: Diagnosis, lang: str) -> None:
        self.say, self.reasons, self.lang = WORDS[lang], REASON_WORDS[lang], lang
        self.words = Words(lang)
        self.display = Display(found.study, self.words)
        self.of = {each.name: each for each in found.conditions}
        self.bounds = dict(zip(found.conflicts["condition"], found.conflicts["bound"], strict=True))
        self.parcels = found.parcels

    def condition(self, name: str) -> str:
        """A condition."""
        of, say = self.of[name], self.say
        kind, values = self._kind(of)
        if kind in ("limit", "row"):
            bound = self.bounds.get(name, np.nan)
            values["sense"] = {"<=": "≤", ">=": "≥", "==": "="}[of.told.sense] if of.told else ""
            values["bound"] = self._amount(bound, of.unit)
        return say[kind].format(**values)

    def give(self, row: Any) -> str:
        """What gives."""
        of, say = self.of[row.condition], self.say
        kind, values = self._kind(of)
        # what of a site lies on a line is known to the hectare
        gives = of.least if of.family == SITE_LINE else row.gives
        amount = percent(gives, 3) if of.family == EOD_SHARE else self._amount(gives, of.unit)
        if kind == "line":
            return say["give_line"].format(**values, **self._let_go(row.repair, of.key[0]))
        if f"give_{kind}" in say:
            return say[f"give_{kind}"].format(**values, amount=amount) + self._setting(row)
        what = say[kind].format(**values, sense="", bound="").rstrip()
        if kind == "other" or np.isnan(row.needed):
            return say["by"].format(what=what, amount=amount) + self._setting(row)
        old, new = (self._amount(each, of.unit) for each in (row.bound, row.needed))
        same = isinstance(row.new, float) and np.isclose([row.old, row.new], [row.bound, row.needed]).all()
        return say["to"].format(what=what, old=old, new=new) + ("" if same else self._setting(row))

    def _setting(self, row: Any) -> str:
        """The cell that has to say something else, where there is one."""
        old, new = (self._stated(each) for each in (row.old, row.new))
        return self.say["setting"].format(column=row.column, old=old, new=new) if row.column else ""

    def _stated(self, value: Any) -> str:
        """What stands in a cell."""
        if value == "" or (isinstance(value, float) and np.isnan(value)):
            return self.say["blank"]
        return number(value) if isinstance(value, float) else str(int(value) if isinstance(value, bool) else value)

    def _kind(self, of: Condition) -> tuple[str, dict[str, str]]:
        """Which sentence, and what fills it in."""
        key, told = of.key, of.told
        if of.family == "line":
            return "line", {"reason": self.reasons[key[0]], "size": self._amount(of.size, "ha")}
        if of.family in BARS:
            return of.family, self._bar(of)
        if of.never:
            return "never", {"name": self.display.coded(key[0], self.display.project)}
        if of.family == "site_take":
            return "site_take", {
                "name": self.display.coded(key[0], self.display.land_class),
                "place": self._place(key[1]),
            }
        if of.family in ("mandatory", "requires", "exclusive", "bundle", "footprint", "enable"):
            kinds: dict[str, Callable[[str], str]] = {"exclusive": str, "bundle": str, "enable": self.display.practice}
            named = kinds.get(of.family, self.display.project)
            return of.family, {"name": self.display.coded(key[0], named), "other": self.display.coded(key[-1], named)}
        if of.family == "floor":
            return "floor", {"term": TERMS[self.lang][key[0]]}
        if of.family == "pool":
            project = self.display.study.projects.set_index("project").loc[key[0]]
            return "pool", {
                "name": self.display.coded(key[0], self.display.project),
                "size": self._amount(float(project["min_area"]), "ha"),
                "pool": self._pool(str(project["min_area_of"])),
            }
        if told is None:
            return "other", {"name": self.display.row(of.name)}
        period = self._all if told.period == TOTAL else self.display.period(told.period)
        values = {"place": self._place(told.place), "period": period, "name": key[0] if key else ""}
        if of.family == "quota":
            return "quota", values | {"name": self.display.coded(key[0], self.display.quota)}
        account = self.display.coded(told.account, self.display.account)
        values |= {"limit": self.display.coded(told.limit, self.display.limit), "account": account}
        values["label"] = self.display.limit(told.limit)
        return ("limit" if of.family == "limit" else "row"), values

    def _bar(self, of: Condition) -> dict[str, str]:
        """What fills in the sentence of what keeps starts of a project, or of a bundle, out."""
        study, name = self.display.study, of.key[0]
        of_bundle = of.family in (EOD_SHARE, EOD_INCOME)
        share = of.family == EOD_SHARE
        values = {
            "name": name if of_bundle else self.display.coded(name, self.display.project),
            "needs": percent(of.least, 3) if share else self._amount(of.least, of.unit),
        }
        if share and study.settings.finance is not None:
            return values | {"old": percent(study.settings.finance.eod_eco_share, 3)}
        if of_bundle:
            return values
        project = study.projects.set_index("project").loc[name]
        if of.family in WINDOWS:
            return values | {"old": str(project[of.family])}
        if of.family == HURDLE:
            return values | {"rate": percent(hurdle_of(study, name), 3)}
        seen = study.parcels[study.parcels["parcel_id"].isin(items(project["footprint"]))]
        on = kept_from(seen, *((project["redline_ok"], True) if of.key[1] == "redline" else ("core", False)))
        ids = self._parcels_named(seen.loc[on, "parcel_id"].tolist(), int(on.sum()))
        return values | {"line": self.reasons[f"line:{of.key[1]}"], "parcels": ids}

    def _let_go(self, repair: int, reason: str) -> dict[str, str]:
        """How much of which parcels a line lets go in a repair, and the columns that have to say something else."""
        mine = self.parcels[self.parcels["repair"] == repair]
        # less than a plan's shares tell of may be let go: then there are no rows
        mine = mine[np.array([reason in lines for lines in mine["lines"]], dtype=bool)]
        land = mine.groupby("parcel_id", sort=False).agg(used=("used_ha", "sum"), area=("area_ha", "first"))
        land = land.sort_values("used", ascending=False, kind="stable")
        named = [
            str(name)
            if used > area * (1 - WHOLLY)
            else self.say["part"].format(parcel=name, used=number(used), area=self.display.hectares(area))
            for name, used, area in land.head(PARCELS_NAMED).itertuples(name=None)
        ]
        return {
            "area": self.display.hectares(float(land["used"].sum())),
            "parcels": self._parcels_named(named, len(land)),
            "columns": reason.removeprefix("line:").replace("redline_grade", "redline"),
        }

    def _parcels_named(self, ids: list[str], count: int) -> str:
        """How many parcels, and the first of them."""
        named = ", ".join(ids[:PARCELS_NAMED]) + (" …" if count > PARCELS_NAMED else "")
        return f"{self.display.parcels(count)}{self.words('colon')}{named}"

    def _pool(self, pool: str) -> str:
        """What a project has to have so much of, as an account and its name."""
        return self.display.coded("area." + pool.replace(":", ".", 1), self.display.account)

    @property
    def _all(self) -> str:
        return {"en": "in all", "zh": "合计"}[self.lang]

    def _place(self, code: str) -> str:
        return self._all if code == TOTAL else self.display.coded(code, self.display.jurisdiction)

    def _amount(self, value: float, unit: str) -> str:
        if unit == "periods":
            return self.say["period" if round(value) == 1 else "periods"].format(count=round(value))
        return f"{number(value)} {self.display.unit(unit) if unit else ''}".rstrip()

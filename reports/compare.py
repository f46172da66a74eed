"""Plans side by side: what differs in what was given and in what was found, and what decides between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from zonevest.reports import compare_inputs, compare_land, compare_prices, compare_tables
from zonevest.reports.compare_sides import APPROVED, NOTHING, Side, references
from zonevest.reports.compare_worth import WORTH, Outcome, Swaps, moved_between, worth

if TYPE_CHECKING:
    from pathlib import Path

    from zonevest.instances.study import Study
    from zonevest.model.plan import PlanData
    from zonevest.reports.audit import AuditReport
    from zonevest.reports.priced import Priced

RESERVED: Final = frozenset(
    {NOTHING, APPROVED, "plan", "table", "key", "column", "item", "unit", "group", "topic", "indicator", "kind",
     "period", "side", "origin", "instrument", "of", "code", "jurisdiction", "project", "category", "capex", "agreed",
     "parcel_id", "area_ha"}
)  # fmt: skip
"""What a plan is not called, since a column of a table is."""
UNITED: Final = (
    ("zones", "zone"), ("land_classes", "land_class"), ("practices", "practice"), ("projects", "project"),
    ("jurisdictions", "jurisdiction"), ("accounts", "account"), ("actors", "actor"), ("instruments", "instrument"),
    ("quotas", "quota"), ("budgets", "budget"), ("limits", "limit"),
)  # fmt: skip
"""Tables whose codes are named."""


@dataclass(frozen=True)
class Comparison:
    """Plans side by side.

    Every table is an attribute too: ``comparison.inputs``. Where a table has a column per plan, it has one for
    ``doing_nothing`` and one for ``approved`` before them (of the first plan's study; none where that has no such
    state), and behind them ``"B - A"``: what each further plan has more than the first.

    Attributes
    ----------
    names : of the plans, in order, each unlike the others; the first is what the others are compared with.
    sides : all columns.
    study : the first plan's study, with the names of whatever the others know too.
    tables : by name, in the order of a reader:
        ``plans`` (a row each: study, status, method, whether its figures hold), ``inputs`` (what the studies give
        otherwise), ``unmatched`` (parcels and projects that not all have), ``results``, ``indicators``,
        ``agreement`` (on how much all that exist agree), ``worth`` (what each disagreement is worth), ``prices`` (the
        same at the plan's prices; empty without them), ``cash_flow``, ``debt``, ``lights``, ``balance_sheet``,
        ``capture``, ``distribution``, ``projects``, ``areas``, ``parcels`` (those that differ), ``agreed`` (those on
        which all plans fully agree).
    """

    names: tuple[str, ...]
    sides: tuple[Side, ...]
    study: Study
    tables: Mapping[str, pd.DataFrame] = field(repr=False)

    def __getattr__(self, name: str) -> pd.DataFrame:
        tables: Mapping[str, pd.DataFrame] = self.__dict__.get("tables", {})
        if name in tables:
            return tables[name]
        raise AttributeError(name)

    @property
    def ok(self) -> bool:
        """Whether the figures of every plan hold, as far as they were looked at."""
        return bool((self.tables["plans"]["holds"].map(lambda held: held is not False)).all())

    def to_text(self, lang: str = "en", folder: str | Path | None = None) -> str:
        """The comparison in some dozens of lines; `folder` is where it was written."""
        from zonevest.reports.compare_text import to_text

        return to_text(self, lang, folder)

    def to_dict(self) -> dict[str, Any]:
        """The tables as plain values."""
        return {"names": list(self.names), "ok": self.ok} | {
            name: table.astype(object).where(table.notna(), None).to_dict("records")
            for name, table in self.tables.items()
        }

    def write(self, folder: str | Path, *, overwrite: bool = False, lang: str = "en") -> None:
        """Write comparison.html, comparison.xlsx and the tables as CSV; beside the target first, then in its place.

        Raises
        ------
        FileExistsError
            If the folder exists and `overwrite` is not set, or it is no comparison: nothing else is ever replaced.
        """
        from zonevest.reports.compare_forms import write

        write(self, folder, overwrite=overwrite, lang=lang)


def unlike(names: Sequence[str]) -> tuple[str, ...]:
    """The names, each made unlike those before it and unlike the columns of tables."""
    found: list[str] = []
    for name in names:
        plain = name.replace(" - ", "-").strip() or "plan"
        fresh, count = plain, 2
        while fresh in found or fresh in RESERVED:
            fresh, count = f"{plain} ({count})", count + 1
        found.append(fresh)
    return tuple(found)


def compare(
    plans: Sequence[PlanData],
    names: Sequence[str],
    audits: Sequence[AuditReport | None] = (),
    priced: Priced | None = None,
) -> Comparison:
    """Put plans side by side.

    Parameters
    ----------
    plans : two or more; the first is what the others are compared with. Some may have no plan.
    names : what each is called.
    audits : of each plan, where it was audited; else its decisions are evaluated here.
    priced : the first plan with its prices, where they are known.

    Raises
    ------
    ValueError
        If there are fewer than two.
    """
    if len(plans) < 2:
        raise ValueError("two or more plans are compared")
    called = unlike(names)
    found = [audits[at] if at < len(audits) else None for at in range(len(plans))]
    swaps = Swaps(plans[0].study, plans[0])
    evaluated = [_evaluated(plan, report) for plan, report in zip(plans, found, strict=True)]
    sides = [
        Side(name, plan, None if each is None else each[0], 0.0 if each is None else each[1].penalty)
        for name, plan, each in zip(called, plans, evaluated, strict=True)
    ]
    everything = [*references(swaps), *sides]
    shares = compare_land.shares(plans)
    tables: dict[str, pd.DataFrame] = {
        "plans": compare_tables.statuses(
            sides,
            {name: None if report is None else _sound(report) for name, report in zip(called, found, strict=True)},
        ),
        "inputs": _stacked(
            compare_inputs.INPUTS,
            [
                compare_inputs.differing(plans[0].study, plan.study, name)
                for plan, name in zip(plans[1:], called[1:], strict=True)
            ],
        ),
        "unmatched": _stacked(
            compare_inputs.UNMATCHED,
            [
                compare_inputs.unmatched(plans[0].study, plan.study, name)
                for plan, name in zip(plans[1:], called[1:], strict=True)
            ],
        ),
        "results": compare_tables.results(everything, called),
        "agreement": compare_land.agreement(shares, plans, plans[0].study),
    }
    worths, parts, parcels = [], [], _Parcels(shares, plans, called)
    for at in range(1, len(plans)):
        if not (plans[0].has_plan and plans[at].has_plan):
            continue
        moved = moved_between(swaps, shares, (0, at))
        outcome = evaluated[at]
        assert outcome is not None
        table = worth(swaps, moved, plans[at], called[at], outcome[1])
        worths.append(table)
        if priced is not None and len(plans[at].parcels):
            moved["worth"] = compare_prices.option_worths(priced, moved)
            total = _number(plans[at].objective) - _number(plans[0].objective)
            parts.append(
                compare_prices.parts(priced, moved, moved["worth"].to_numpy(dtype=float), plans[at], called[at], total)
            )
        parcels.add(called[at], moved)
    tables |= {"worth": _stacked(WORTH, worths), "prices": _stacked(compare_prices.PARTS, parts)}
    for name, keys in compare_tables.KEYS.items():
        known = name not in ("indicators", "debt")
        tables[name] = compare_tables.beside(everything, called, keys, compare_tables.TELL[name], known=known)
        if name == "debt":
            tables["lights"] = compare_tables.lights(everything)
    tables |= {"projects": compare_tables.projects(everything, called)}
    tables |= {"parcels": parcels.table(), "agreed": parcels.alike()}
    return Comparison(called, tuple(everything), united([plan.study for plan in plans]), tables)


def _stacked(columns: list[str], frames: list[pd.DataFrame]) -> pd.DataFrame:
    full = [frame for frame in frames if len(frame)]
    return pd.concat(full, ignore_index=True)[columns] if full else pd.DataFrame(columns=columns)


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def _sound(report: AuditReport) -> bool | None:
    """Whether an audited plan's figures hold; None where there is no plan to be looked at."""
    from zonevest.reports.audit import NO_PLAN

    return None if report.message == NO_PLAN else report.ok


def _evaluated(plan: PlanData, report: AuditReport | None) -> tuple[int, Outcome] | None:
    """The hard rules that a plan breaks, and its outcome in its own study."""
    if not plan.has_plan:
        return None
    if report is not None and report.evaluation is not None:
        found = report.evaluation
        return len(found.breaches), Outcome(found.objective + found.penalty, found.penalty, found.cash, found.ecosystem)
    outcome = Swaps(plan.study, plan).outcome()
    return len(outcome.breaches), outcome


def united(studies: Sequence[Study]) -> Study:
    """The first study with the rows of all, so that every code has its name. It is to be shown, not to be solved."""
    first = studies[0]
    tables = dict(first.tables)
    for name, key in UNITED:
        frames = [study.tables[name] for study in studies if len(study.tables[name])]
        if len(frames) > 1:
            tables[name] = pd.concat(frames, ignore_index=True).drop_duplicates(key, ignore_index=True)
    return replace(first, tables=tables)


class _Parcels:
    """The parcels on which plans differ, and what that is worth; and those on which they agree."""

    def __init__(self, shares: pd.DataFrame, plans: Sequence[PlanData], names: Sequence[str]) -> None:
        self.plans, self.names = plans, names
        known = compare_land.there(plans)
        some = len(shares) > 0 and len(known) > 1
        same = compare_land.agreed(shares, len(plans)) if some else pd.Series(dtype=float)
        self.first = plans[known[0]] if known else plans[0]
        self.agreed, self.same = same[same < 1 - 1e-6], same.index[same >= 1 - 1e-6]
        self.more: dict[str, pd.Series] = {}

    def add(self, name: str, moved: pd.DataFrame) -> None:
        """What another plan does otherwise, as `moved_between` gives it."""
        groups = moved.groupby("parcel_id", sort=False)
        for column in ("cash", "ecosystem", "worth"):
            if column in moved:
                self.more[f"{name}.{column}"] = groups[column].sum(min_count=1)

    def alike(self) -> pd.DataFrame:
        """``parcel_id, jurisdiction, area_ha`` and `OPTION` of the parcels on which all plans fully agree."""
        own = compare_land.areas_of(self.plans[0].study).reindex(self.same)[["jurisdiction", "area_ha"]]
        parts = compare_land.main_parts(self.first, self.same)[list(compare_land.OPTION)]
        return pd.concat([own, parts], axis=1).rename_axis("parcel_id").reset_index()

    def table(self) -> pd.DataFrame:
        """``parcel_id, jurisdiction, area_ha, agreed``; `OPTION` of each plan; what it is worth."""
        ids = pd.Index(self.agreed.index, name="parcel_id")
        own = compare_land.areas_of(self.plans[0].study).reindex(ids)
        table = pd.DataFrame(
            {"jurisdiction": own["jurisdiction"], "area_ha": own["area_ha"], "agreed": self.agreed}, index=ids
        )
        for name, plan in zip(self.names, self.plans, strict=True):
            if plan.has_plan:
                parts = compare_land.main_parts(plan, ids)
                for column in compare_land.OPTION:
                    table[f"{name}.{column}"] = parts[column].to_numpy(dtype=object)
        for column, values in self.more.items():
            table[column] = values.reindex(ids).to_numpy(dtype=float, na_value=np.nan)
        size = (table["area_ha"] * (1.0 - table["agreed"])).to_numpy(dtype=float)
        return table.iloc[np.argsort(-size, kind="stable")].reset_index()

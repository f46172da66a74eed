"""What is to be done when: conversion, acquisition and supply of land, restoration, and projects of the near term.

A change of class or owner falls in the period in which it comes about (start and lead of the land action), as in the
ledger; a year's share of a period is the same in each of its years.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd

from zonevest.instances.study import items, period_names
from zonevest.model.areas import TOTAL
from zonevest.model.booked import PROJECT
from zonevest.model.markets import OF_PRACTICE, markets
from zonevest.reports.contents import Column, Sheet
from zonevest.reports.farmland import change_period
from zonevest.reports.land_tables import BUILT, becomes, group_of, started, taken
from zonevest.reports.project_tables import key_projects
from zonevest.reports.tables import in_order
from zonevest.reports.terms import Terms, added, some

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.reports.facts import Facts

    Floats: TypeAlias = NDArray[np.float64]

PROGRAMME = ["jurisdiction", "period", "years", "item", "group", "way", "land_class", "practice", "project",
             "area_ha", "year_ha"]  # fmt: skip
RESTORATION = ["jurisdiction", "start", "practice", "project", "parcels", "area_ha", "outlay"]
NEAR_TERM = [
    "period", "project", "category", "jurisdiction", "nature", "outlay", "raised", "own_money", "from_year",
    "open_year",
]  # fmt: skip


def programme(facts: Facts) -> pd.DataFrame:
    """Land converted, acquired and supplied, by period, in all and in each of its years.

    Returns
    -------
    DataFrame
        ``jurisdiction`` (``total`` first), ``period, years``; ``item``:

        - ``conversion``: land that becomes construction land; ``land_class`` what it becomes (of land that projects
          take without a site: what it was);
        - ``acquisition``: collective land that becomes the state's; ``land_class`` what it was;
        - ``supply``: construction land that is put to use anew, of ``land_class``; ``way``: ``sold`` (its action brings
          a price of land, once), ``collective`` (it stays the collective's), ``leased`` (it has a term) or
          ``allocated``;

        ``group`` (the main group of what the land was), ``practice, project`` (one is blank), ``area_ha, year_ha``.
    """
    parts = [_conversion(facts), _acquisition(facts), _supply(facts)]
    every = pd.concat([part for part in parts if len(part)] or parts[:1])
    if every.empty:
        return pd.DataFrame({name: [] for name in PROGRAMME})
    both = pd.concat([every.assign(jurisdiction=TOTAL), every])
    keys = ["item", "jurisdiction", "period", "group", "way", "land_class", "practice", "project"]
    table = both.groupby(keys, sort=False)["area_ha"].sum().reset_index()
    years = {period.name: period.years for period in facts.study.periods}
    table["years"] = table["period"].map(years)
    table["year_ha"] = table["area_ha"] / table["years"]
    items_, places = ("conversion", "acquisition", "supply"), both["jurisdiction"].unique()
    return in_order(table, item=items_, jurisdiction=places, period=years)[PROGRAMME]


def _built(facts: Facts) -> dict[str, bool]:
    """Whether each class is construction land."""
    table = facts.study.land_classes
    return {code: BUILT in items(cell) for code, cell in zip(table["land_class"], table["class_group"], strict=True)}


def _conversion(facts: Facts) -> pd.DataFrame:
    land, built, group = facts.land, _built(facts), group_of(facts.study)
    new = land["class_before"].map(built).eq(False) & land["class_after"].map(built).eq(True)
    table = land[["jurisdiction", "practice", "area_ha"]].assign(
        item="conversion", period=change_period(facts), group=land["class_before"].map(group), way="",
        land_class=land["class_after"], project="",
    )[new]  # fmt: skip
    starts = started(facts)
    rows = [
        (t.place, "", t.area, "conversion", starts[t.project], group[t.land_class], "", t.land_class, t.project)
        for t in taken(facts)
        if becomes(facts, t) == BUILT and not built[t.land_class]
    ]
    return pd.concat([table, pd.DataFrame(rows, columns=table.columns)]) if rows else table


def _ready(facts: Facts) -> NDArray[np.object_]:
    """The period in which what is done on each row of the land is there, ``""`` where nothing is done."""
    names = np.array([*period_names(facts.study.periods), ""], dtype=object)
    return names[facts.ledger.clock.period_with(facts.ledger.states.service_year[facts.chosen.kind])]


def _tenures(facts: Facts) -> tuple[pd.Series, pd.Series]:
    """Whose each row of the land is, before the plan and after it."""
    table = facts.study.practices
    before = pd.Series(facts.study.parcels["tenure"].to_numpy()[facts.chosen.parcel], index=facts.land.index)
    new = dict(zip(table["practice"], table["to_tenure"], strict=True))
    given = facts.land["practice"].map(new).astype(object).fillna("")
    return before, given.where(given != "", before)


def _acquisition(facts: Facts) -> pd.DataFrame:
    land = facts.land
    before, after = _tenures(facts)
    return land[["jurisdiction", "practice", "area_ha"]].assign(
        item="acquisition",
        period=_ready(facts),
        group=land["class_before"].map(group_of(facts.study)),
        way="",
        land_class=land["class_before"],
        project="",
    )[(before == "collective") & (after == "state")]


def _supply(facts: Facts) -> pd.DataFrame:
    """Rows of an action of mode development or revitalisation that end as construction land."""
    land, practices, ledger = facts.land, facts.study.practices.set_index("practice"), facts.ledger
    modes = practices["mode"].isin(["development", "revitalisation"])
    supplied = land["practice"].map(modes).eq(True) & land["class_after"].map(_built(facts)).eq(True)
    sale = ledger.land.sale | (ledger.own.sale if ledger.own is not None else False)
    stepped = [m.area.removeprefix(OF_PRACTICE) for m in markets(ledger) if m.area.startswith(OF_PRACTICE)
               and ledger.accounts.sale[ledger.accounts.names.get_loc(m.account)]]  # fmt: skip
    sold = sale[facts.chosen.kind] | land["practice"].isin(stepped).to_numpy()
    leased = land["practice"].map(practices["lease_years"].notna()).eq(True)
    _, after = _tenures(facts)
    way = np.select([sold, after == "collective", leased], ["sold", "collective", "leased"], "allocated")
    return land[["jurisdiction", "practice", "area_ha"]].assign(
        item="supply",
        period=_ready(facts),
        group=land["class_before"].map(group_of(facts.study)),
        way=way,
        land_class=land["class_after"],
        project="",
    )[supplied]


def restoration(facts: Facts) -> pd.DataFrame:
    """Restoration and consolidation: land actions and projects with the flag, and of modes restoration, reclamation.

    Returns
    -------
    DataFrame
        ``jurisdiction, start, practice, project`` (one of them blank), ``parcels, area_ha`` (of projects: drawn and
        taken) and ``outlay`` (one-off cost to the purse over all periods, million).
    """
    practices = facts.study.practices
    flagged = practices["restoration"] | practices["mode"].isin(["restoration", "reclamation"])
    rows = np.flatnonzero(facts.land["practice"].isin(practices.loc[flagged, "practice"]).to_numpy())
    outlay = Terms({("money.outlay", TOTAL, t): 1.0 for t in range(len(facts.study.periods))})
    parts = []
    if len(rows):
        spent = added(some(facts.chosen, rows), [outlay])
        land = facts.land.iloc[rows][["jurisdiction", "practice", "start", "parcel_id", "area_ha"]]
        keys = ["practice", "start", "jurisdiction"]
        summed = land.assign(outlay=spent[:, 0]).groupby(keys, sort=False)
        table = summed.agg(parcels=("parcel_id", "nunique"), area_ha=("area_ha", "sum"), outlay=("outlay", "sum"))
        starts = period_names(facts.study.periods)
        parts.append(in_order(table.reset_index().assign(project=""), practice=practices["practice"], start=starts))
    own = facts.study.projects.set_index("project")
    projects = key_projects(facts)
    kinds = own["restoration"] | (own["category"] == "ecological_restoration")
    projects = projects[projects["project"].map(kinds).eq(True)]
    if len(projects):
        spent_of = _outlay(facts)
        parcels = [len(items(own.loc[name, "footprint"])) for name in projects["project"]]
        parts.append(
            projects[["jurisdiction", "start", "project"]].assign(
                practice="", parcels=parcels, area_ha=projects["site_ha"] + projects["taken_ha"],
                outlay=[float(spent_of.get(name, np.zeros(1)).sum()) for name in projects["project"]],
            )
        )  # fmt: skip
    if not parts:
        return pd.DataFrame({name: [] for name in RESTORATION})
    return pd.concat(parts, ignore_index=True)[RESTORATION]


def _outlay(facts: Facts) -> dict[str, Floats]:
    """One-off cost of each chosen project in each period, whoever pays it, million."""
    accounts, found = facts.ledger.accounts, facts.books.plan
    at = accounts.names.get_indexer(found.rows["account"])
    spent = (accounts.money & (accounts.family == "cost") & (accounts.recurrence == "one_off"))[at]
    spent &= (found.rows["kind"] == PROJECT).to_numpy()
    sums: dict[str, Floats] = {}
    for row in np.flatnonzero(spent):
        name = str(found.rows["source"].iloc[row])
        sums[name] = sums.get(name, np.zeros(found.totals.shape[1])) + found.totals[row]
    return sums


def near_term(facts: Facts) -> pd.DataFrame:
    """Projects on which money is spent in the periods of the near term (the first five years).

    Returns
    -------
    DataFrame
        ``period, project, category, jurisdiction``; ``nature``: new in the period of its start, continue where building
        goes on from an earlier one; ``outlay, raised, own_money`` (million in the period), ``from_year, open_year``.
    """
    names, outlay = period_names(facts.study.periods), _outlay(facts)
    financing = facts.plan.financing
    raised = financing.groupby(["project", "period"])["raised"].sum().to_dict() if len(financing) else {}
    table, rows = key_projects(facts), []
    for t, period in enumerate(facts.study.periods[: facts.near + 1]):
        for entry in table.to_dict("records"):
            project, begun = str(entry["project"]), names.index(str(entry["start"])) == t
            spent = float(outlay[project][t]) if project in outlay else 0.0
            builds = entry["from_year"] < period.start + period.years and entry["open_year"] > period.start
            if not begun and not builds and not spent:
                continue
            drawn = float(raised.get((project, period.name), 0.0))
            nature = entry["nature"] if begun else "continue"
            rows.append((period.name, project, entry["category"], entry["jurisdiction"], nature, spent, drawn,
                         spent - drawn, entry["from_year"], entry["open_year"]))  # fmt: skip
    return pd.DataFrame(rows, columns=NEAR_TERM)


_PLACE, _M = Column("jurisdiction", "jurisdiction"), "million"
SHEETS = (
    Sheet(
        "programme", "statutory", programme,
        (_PLACE, Column("period", "period"), Column("years", "count"), Column("item", "word:programme_"),
         Column("group", "word:group_"), Column("way", "word:way_"), Column("land_class", "land_class"),
         Column("practice", "practice"), Column("project", "project"), Column("area_ha", unit="ha"),
         Column("year_ha", unit="ha/year")),
    ),
    Sheet(
        "restoration", "statutory", restoration,
        (_PLACE, Column("start", "period"), Column("practice", "practice"), Column("project", "project"),
         Column("parcels", "count"), Column("area_ha", unit="ha", total=True), Column("outlay", unit=_M, total=True)),
    ),
    Sheet(
        "near_term", "projects", near_term,
        (Column("period", "period"), Column("project", "project"), Column("category", "word:category_"), _PLACE,
         Column("nature", "word:nature_"), *(Column(n, unit=_M, total=True) for n in ("outlay", "raised", "own_money")),
         Column("from_year", "year"), Column("open_year", "year")),
    ),
)  # fmt: skip

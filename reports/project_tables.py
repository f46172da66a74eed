"""Projects as planners list them: key projects, a prospectus each, and what is planned against what is deliverable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from zonevest.instances.study import each, items
from zonevest.model.booked import PROJECT, TAKEN
from zonevest.model.flows import CASH
from zonevest.model.takings import takings
from zonevest.reports.bonds import bond_cover
from zonevest.reports.contents import Column, Sheet
from zonevest.reports.display import DASH, year
from zonevest.reports.once import once
from zonevest.reports.project_flows import payback, project_cash, rate_of_return
from zonevest.reports.tables import schedule
from zonevest.reports.worth import expected

if TYPE_CHECKING:
    from zonevest.reports.facts import Facts

LIST = [
    "project", "category", "nature", "jurisdiction", "start", "from_year", "open_year", "build_years", "capex",
    "site_ha", "taken_ha", "jobs", "mandatory",
]  # fmt: skip
MEASURES = [
    "project", "start", "outlay", "revenue_year", "cost_year", "irr", "no_irr", "payback", "npv", "hurdle", "debt",
    "grant", "equity", "own_money", "cover", "cash_gain", "uplift", "captured", "captured_share",
]  # fmt: skip
FIELDS = ["project", "field", "code", "code_kind", "value", "unit"]
DELIVERED = [
    "project", "start", "deliverability", "revenue_planned", "revenue_deliverable", "ecosystem_planned",
    "ecosystem_deliverable", "uplift_planned", "uplift_deliverable", "npv_hurdle", "hurdle",
]  # fmt: skip
PV = "million, present value"
POOLS = {"practice": "practice", "zone": "zone", "class_group": "word:group_", "class": "land_class"}
"""Kinds of the codes of which a project needs a pool."""


@once
def key_projects(facts: Facts) -> pd.DataFrame:
    """The projects that the plan chooses, by start.

    Returns
    -------
    DataFrame
        ``project, category``; ``nature``: the study's own column `x_nature` (new, continue, expand), else new, since
        every start is one of the plan; ``jurisdiction, start, from_year, open_year, build_years, capex`` (million),
        ``site_ha`` (drawn), ``taken_ha`` (without a drawn site), ``jobs, mandatory``.
    """
    table = schedule(facts.plan)
    table = table[table["built"]].reset_index(drop=True)
    own = facts.study.projects.set_index("project").loc[table["project"]]
    area = facts.study.parcels.set_index("parcel_id")["area_ha"] if len(facts.study.parcels) else pd.Series(dtype=float)
    nature = own["x_nature"].astype(str).to_numpy() if "x_nature" in own else np.full(len(own), "", dtype=object)
    table["nature"] = np.where(np.isin(nature, ["new", "continue", "expand"]), nature, "new")
    table["build_years"], table["jobs"] = own["build_years"].to_numpy(), own["jobs"].to_numpy()
    drawn = [float(area.reindex(items(cell)).sum()) for cell in own["footprint"]]
    table["site_ha"] = np.array(drawn, dtype=float)
    take = facts.study.land_take.groupby("project")["area_ha"].sum() if len(facts.study.land_take) else {}
    table["taken_ha"] = table["project"].map(take).fillna(0.0).astype(float) if len(take) else 0.0
    return table[LIST]


def project_measures(facts: Facts) -> pd.DataFrame:
    """What every chosen project costs, brings and is funded by.

    Returns
    -------
    DataFrame
        ``project, start``; ``outlay`` (one-off cost, at the prices of its years, million), ``revenue_year, cost_year``
        (recurring, million in the first year of full operation); ``irr`` (of its own whole cash flow), ``no_irr`` (why
        there is none), ``payback`` (years from the start, not discounted), ``npv`` (of the same cash flow at the
        finance rate, at the beginning of the plan), ``hurdle``; ``debt, grant, equity`` (raised, million),
        ``own_money`` (outlay less these); ``cover`` (of debt that supports itself); and by F1's arithmetic, million
        present value: ``cash_gain`` (the purse's part of what it books, land that it takes included), ``uplift`` (what
        it raises), ``captured`` and ``captured_share`` (of the uplift).
    """
    table, ledger = key_projects(facts)[["project", "start"]], facts.ledger
    rows, raised = [], _raised(facts)
    cover = dict(zip(*(bond_cover(facts)[name] for name in ("project", "cover")), strict=True))
    hurdle = dict(zip(ledger.works.names, ledger.works.appraisal.rate.tolist(), strict=True))
    worth, rate = _present(facts), ledger.clock.finance
    life = facts.study.projects.set_index("project")[["build_years", "ramp_years"]]
    for project, start in zip(table["project"], table["start"], strict=True):
        flow = project_cash(ledger, project, start)
        net, outlay = flow.net, float(flow.outlay.sum())
        irr, why = rate_of_return(net)
        npv = float(net @ (1.0 + rate) ** -(np.arange(len(net)) + flow.begin - facts.study.first_year + 1.0))
        full = min(int(life.loc[project, "build_years"] + np.ceil(max(life.loc[project, "ramp_years"] - 1.0, 0.0))),
                   len(net) - 1)  # fmt: skip
        funds = [raised.get((project, kind), 0.0) for kind in ("debt", "grant", "equity")]
        created, captured = worth.get((project, "uplift"), 0.0), worth.get((project, "captured"), 0.0)
        own = outlay - sum(funds)
        own = own if abs(own) > 1e-9 * (1.0 + outlay) else 0.0
        share = captured / created if created > 1e-9 else np.nan
        rows.append(
            (project, start, outlay, flow.revenue[full], flow.cost[full], irr, why, payback(net), npv, hurdle[project],
             *funds, own, cover.get(project, np.nan), worth.get((project, "cash"), 0.0), created,
             captured, share)
        )  # fmt: skip
    return pd.DataFrame(rows, columns=MEASURES)


def _raised(facts: Facts) -> dict[tuple[str, str], float]:
    """What is raised for each project, as debt, grant or equity."""
    rows = facts.plan.financing
    if rows.empty:
        return {}
    kinds = facts.study.instruments.set_index("instrument")["kind"].replace({"bond": "debt", "loan": "debt"})
    sums = rows.groupby(["project", rows["instrument"].map(kinds)])["raised"].sum()
    return {(str(project), str(kind)): float(value) for (project, kind), value in sums.items()}


def _present(facts: Facts) -> dict[tuple[str, str], float]:
    """What projects book, present values: the purse's cash, what they raise of land value, and what is captured."""
    accounts, found = facts.ledger.accounts, facts.books.plan
    sums: dict[tuple[str, str], float] = {}
    for row, value in zip(each(found.rows), found.present.tolist(), strict=True):
        if row.kind in (PROJECT, TAKEN):
            at = int(accounts.names.get_loc(row.account))
            what = "captured" if row.captured_from else "uplift" if accounts.family[at] == "uplift" else ""
            part = accounts.part(CASH, at, row.source if row.kind == PROJECT else "") * value
            for name, amount in ((what, value), ("cash", part)):
                if name:
                    sums[row.source, name] = sums.get((row.source, name), 0.0) + amount
    return sums


def prospectus(facts: Facts, project: str) -> pd.DataFrame:
    """One page on a chosen project: ``field, code, code_kind, value, unit``.

    A field has a value in a unit, or a code of a kind (a zone, a land class, an instrument ...), or both: hectares of a
    zone, million of an instrument.

    Raises
    ------
    KeyError
        If the plan does not choose the project.
    """
    table = prospectuses(facts)
    mine = table[table["project"] == project]
    if mine.empty:
        raise KeyError(project)
    return mine.drop(columns="project").reset_index(drop=True)


def prospectuses(facts: Facts) -> pd.DataFrame:
    """The prospectus of every chosen project, one below the other, `project` first."""
    measures = facts.measures.set_index("project")
    rows: list[tuple[Any, ...]] = []
    for entry in each(key_projects(facts)):
        put = _Page(rows, entry.project)
        (own,) = (row for row in each(facts.study.projects) if row.project == entry.project)
        put("category", code=entry.category, kind="word:category_")
        put("nature", code=entry.nature, kind="word:nature_")
        put("place", code=entry.jurisdiction, kind="jurisdiction")
        put("start", code=entry.start, kind="period")
        put("from_year", code=year(entry.from_year))
        put("open_year", code=year(entry.open_year))
        put("life", value=own.life_years, unit="years")
        _land(facts, own, put)
        _money(facts, measures.loc[entry.project], put)
        put("deliverability", value=own.deliverability, unit="share")
        for name, amount, unit in (("jobs", own.jobs, "jobs"), ("ecosystem", own.annual_ecosystem, "million/year")):
            put(name, value=amount or np.nan, unit=unit)
        for other in items(own.requires):
            put("requires", code=other, kind="project")
    return pd.DataFrame(rows, columns=FIELDS)


class _Page:
    """Rows of one project's page; what there is nothing of is left out unless it is asked for."""

    def __init__(self, rows: list[tuple[Any, ...]], project: str) -> None:
        self.rows, self.project = rows, project

    def __call__(
        self, field: str, value: float = np.nan, unit: str = "", code: str = "", kind: str = "", *, asked: bool = False
    ) -> None:
        """A row; `asked`: every prospectus has it."""
        if unit == "share":
            value, unit = 100.0 * value, "percent"
        if asked or code or not np.isnan(value):
            self.rows.append((self.project, field, code, kind, float(value), DASH if np.isnan(value) else unit))


def _land(facts: Facts, own: Any, put: _Page) -> None:
    """Site, zones and land that a project takes."""
    drawn = facts.land[facts.land["parcel_id"].isin(items(own.footprint))] if own.footprint else facts.land.iloc[:0]
    put("parcels", value=float(drawn["parcel_id"].nunique()) or np.nan, unit="count")
    for (zone, land_class), area in drawn.groupby(["zone", "class_after"], sort=False)["area_ha"].sum().items():
        put("site_zone", code=zone, kind="zone", value=area, unit="ha")
        put("site_class", code=land_class, kind="land_class", value=area, unit="ha")
    stated = items(own.footprint_zones) if drawn.empty else []
    for zone in stated:
        put("site_zone", code=zone, kind="zone")
    if drawn.empty and not stated:
        put("site_zone", code="none", kind="word:site_")
    taken = [taking for taking in takings(facts.study) if taking.project == own.project]
    for taking in taken:
        put("land_take", code=taking.land_class, kind="land_class", value=taking.area, unit="ha")
    if not taken:
        put("land_take", value=0.0, unit="ha")
    if own.min_area_of and own.min_area > 0:
        of, _, code = own.min_area_of.partition(":")
        put("pool", code=code, kind=POOLS.get(of, "text"), value=own.min_area, unit="ha")


def _money(facts: Facts, measure: Any, put: _Page) -> None:
    """Cost, return, funding and what is captured."""
    for name in ("outlay", "revenue_year", "cost_year"):
        put(name, value=measure[name], unit="million" if name == "outlay" else "million/year")
    put("irr", value=measure["irr"], unit="share", asked=not measure["no_irr"])
    if measure["no_irr"]:
        put("no_irr", code=measure["no_irr"], kind="word:no_irr_")
    put("payback", value=measure["payback"], unit="years", asked=True)
    put("npv", value=measure["npv"], unit=PV)
    put("hurdle", value=measure["hurdle"], unit="share")
    funding = facts.plan.financing
    if len(funding):
        mine = funding[funding["project"] == put.project].groupby("instrument", sort=False)["raised"].sum()
        for instrument, amount in mine.items():
            put("funding", code=str(instrument), kind="instrument", value=amount, unit="million")
    put("own", value=measure["own_money"], unit="million")
    put("cover", value=measure["cover"], unit="times", asked=True)
    put("cash_gain", value=measure["cash_gain"], unit=PV)
    put("uplift", value=measure["uplift"], unit=PV)
    put("captured", value=measure["captured"], unit=PV)
    put("captured_share", value=measure["captured_share"], unit="share")


def delivered(facts: Facts) -> pd.DataFrame:
    """What the chosen projects promise, and what is expected of it: the part that is deliverable.

    Returns
    -------
    DataFrame
        ``project, start, deliverability``; ``revenue_…, ecosystem_…`` (a year in full operation at start prices,
        million) and ``uplift_…`` (of land value, million present value), each planned and deliverable; ``npv_hurdle``
        (at the hurdle rate, as delivered) and ``hurdle``. The plan, its F1 and its F2 count what is deliverable.
    """
    table = expected(facts.plan, facts.ledger.works)
    worth = _present(facts)
    raised = np.array([worth.get((project, "uplift"), 0.0) for project in table["project"]], dtype=float)
    part = table["deliverability"].to_numpy(dtype=float)
    table["uplift_deliverable"] = raised
    planned = np.full(len(part), np.nan)  # of what is not delivered at all the books hold nothing
    table["uplift_planned"] = np.divide(raised, part, out=planned, where=part > 0)
    named = {f"{what}_{side}": f"{what}_{new}" for what in ("revenue", "ecosystem")
             for side, new in (("stated", "planned"), ("expected", "deliverable"))}  # fmt: skip
    return table.rename(columns=named | {"npv": "npv_hurdle"})[DELIVERED]


_M, _A_YEAR = "million", "million/year"
_PROJECT, _START = Column("project", "project"), Column("start", "period")
SHEETS = (
    Sheet(
        "key_projects", "projects", key_projects,
        (_PROJECT, Column("category", "word:category_"), Column("nature", "word:nature_"),
         Column("jurisdiction", "jurisdiction"), _START, Column("from_year", "year"), Column("open_year", "year"),
         Column("build_years", "count"), Column("capex", unit=_M, total=True),
         Column("site_ha", unit="ha", total=True), Column("taken_ha", unit="ha", total=True),
         Column("jobs", unit="jobs", total=True), Column("mandatory", "yes")),
    ),
    Sheet(
        "project_measures", "projects", lambda facts: facts.measures,
        (_PROJECT, _START, Column("outlay", unit=_M, total=True), Column("revenue_year", unit=_A_YEAR, total=True),
         Column("cost_year", unit=_A_YEAR, total=True), Column("irr", "share"), Column("no_irr", "word:no_irr_"),
         Column("payback", unit="years"), Column("npv", unit=PV, total=True), Column("hurdle", "share"),
         *(Column(name, unit=_M, total=True) for name in ("debt", "grant", "equity", "own_money")),
         Column("cover", unit="times"),
         *(Column(name, unit=PV, total=True) for name in ("cash_gain", "uplift", "captured")),
         Column("captured_share", "share")),
    ),
    Sheet(
        "prospectus", "projects", prospectuses,
        (_PROJECT, Column("field", "word:field_"), Column("code", "@code_kind"), Column("code_kind", "hidden"),
         Column("value", unit="@unit"), Column("unit", "unit")),
        pages="project",
    ),
    Sheet(
        "delivered", "projects", delivered,
        (_PROJECT, _START, Column("deliverability", "share"),
         *(Column(f"{what}_{side}", unit=PV if what == "uplift" else _A_YEAR, total=True)
           for what in ("revenue", "ecosystem", "uplift") for side in ("planned", "deliverable")),
         Column("npv_hurdle", unit=PV), Column("hurdle", "share")),
    ),
)  # fmt: skip

"""What is expected of projects: what is delivered of their plans, hurdle rates, bundles, synergies. Numbers only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from zonevest.instances.study import each, period_names
from zonevest.model.appraisal import RESTORATION
from zonevest.model.synergies import Run, synergies
from zonevest.reports.tables import account_units

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.model.ledger import Ledger
    from zonevest.model.plan import PlanData
    from zonevest.model.works import Works

    Floats = NDArray[np.float64]

A_YEAR = "million/year"


def expected(plan: PlanData, works: Works) -> pd.DataFrame:
    """What the chosen projects plan and what is expected of it, by start; a year in full operation, at start prices.

    Returns
    -------
    DataFrame
        ``project, start, deliverability``; ``revenue_stated, revenue_expected, ecosystem_stated, ecosystem_expected``
        (million a year: the project's columns, and its annual flows on accounts of revenue, and of ecosystem value in
        money that is no counterpart of cash; what is below 0 is expected in full); ``hurdle`` (rate, NaN: not tested)
        and ``npv`` (of the start, million; NaN: not tested).
    """
    study = plan.study
    accounts = study.accounts
    flows = study.project_flows[study.project_flows["basis"] == "per_year"]

    def stated(column: str, family: str) -> tuple[Floats, Floats]:
        """What is stated above 0 and below it, shape (projects,)."""
        names = accounts.loc[(accounts["family"] == family) & (accounts["counterpart_of"] == ""), "account"]
        units = account_units(study, names.tolist())
        names = [name for name in names if units[name] == A_YEAR]
        more = flows[flows["account"].isin(names)].groupby("project")["value"].sum()
        own = study.projects[column].to_numpy(dtype=float)
        flowing = study.projects["project"].map(more).fillna(0.0).to_numpy(dtype=float)
        return np.maximum(own, 0.0) + flowing, np.minimum(own, 0.0)

    table = study.projects[["project", "deliverability"]].reset_index(drop=True)
    part = table["deliverability"].to_numpy(dtype=float)
    for name in ("revenue", "ecosystem"):
        above, below = stated(f"annual_{name}", name)
        table[f"{name}_stated"], table[f"{name}_expected"] = above + below, part * above + below
    start = _starts(plan, works)
    at = np.maximum(start, 0)
    table["hurdle"] = works.appraisal.rate
    table["npv"] = works.appraisal.npv[np.arange(len(at)), at]
    table.insert(1, "start", [period_names(study.periods)[s] for s in at])
    order = np.argsort(start, kind="stable")
    return table.iloc[order[start[order] >= 0]].reset_index(drop=True)


def never(works: Works) -> pd.DataFrame:
    """The projects that can start in no period: ``project, why, hurdle, npv`` (the best that is refused for it)."""
    rows = []
    for name, why in works.why_not.items():
        j = works.names.index(name)
        worth = works.appraisal.npv[j, works.refused[j]]
        rate = works.appraisal.rate[j]
        rows.append((name, why, rate if len(worth) else np.nan, worth.max() if len(worth) else np.nan))
    return pd.DataFrame(rows, columns=["project", "why", "hurdle", "npv"])


def bundles(plan: PlanData, works: Works) -> pd.DataFrame:
    """The EOD bundles, where `[finance] eod_eco_share` is given.

    Returns
    -------
    DataFrame
        ``bundle, projects`` (a list), ``capex`` (million), ``share`` of restoration in it and the least that is asked
        for, ``least``; ``start`` (blank: none), ``income`` (net present value of their own operating income at the
        finance rate, million, of the start, else of the best that could be made or is refused; NaN where a member is
        mandatory, which is not tested).
    """
    study, finance = plan.study, plan.study.settings.finance
    columns = ["bundle", "projects", "capex", "share", "least", "start", "income"]
    least = None if finance is None else finance.eod_eco_share
    rows = []
    projects, names = study.projects, period_names(study.periods)
    start, capex = _starts(plan, works), projects["capex"].to_numpy(dtype=float)
    restores = (projects["category"] == RESTORATION).to_numpy()
    for name in projects["bundle"].unique() if least is not None else ():
        at = np.flatnonzero(projects["bundle"] == name)
        if not name or restores[at].all() or not restores[at].any():
            continue
        income = works.appraisal.income[at].sum(axis=0)
        tried = (works.possible | works.refused)[at].all(axis=0)
        begun = int(start[at[0]])
        best = income[begun] if begun >= 0 else income[tried].max() if tried.any() else np.nan
        whole = float(capex[at].sum())
        share = float(capex[at][restores[at]].sum()) / whole if whole > 0 else np.nan
        listed = projects["project"].iloc[at].tolist()
        rows.append((name, listed, whole, share, least, names[begun] if begun >= 0 else "", float(best)))
    return pd.DataFrame(rows, columns=columns)


def together(plan: PlanData, ledger: Ledger) -> pd.DataFrame:
    """The synergies that come about: both projects are built.

    Returns
    -------
    DataFrame
        ``project, with, account, year`` (in which the later one opens), ``stated`` and ``expected`` (at start prices,
        in the unit of the account: a year, or once).
    """
    works = ledger.works
    start = dict(zip(works.names, _starts(plan, works).tolist(), strict=True))
    values = plan.study.synergies["value"].astype(float)
    rows = []
    for synergy, stated in zip(synergies(ledger), values, strict=True):
        s, other = start[synergy.first], start[synergy.second]
        if s >= 0 and other >= 0:
            year = Run.of(ledger, synergy, s, other).begin
            rows.append((synergy.first, synergy.second, synergy.account, year, stated, synergy.value))
    return pd.DataFrame(rows, columns=["project", "with", "account", "year", "stated", "expected"])


def _starts(plan: PlanData, works: Works) -> NDArray[np.int64]:
    """Position of the period in which each project starts, -1 for none, shape (projects,)."""
    names = period_names(plan.study.periods)
    begun = {row.project: names.index(row.start) for row in each(plan.projects) if row.start}
    return np.array([begun.get(name, -1) for name in works.names], dtype=np.int64)

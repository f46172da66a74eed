"""What a project is worth of its own, and which starts are not taken up for it (FORMULATION.md section 7, (8), (13)).

Whole amounts count, whoever receives or pays them, over the project's full life; captures do not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from zonevest.instances.say import say
from zonevest.instances.study import Study
from zonevest.model.flows import Accounts, Timed
from zonevest.model.stated import NEAR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bools: TypeAlias = NDArray[np.bool_]
    Floats: TypeAlias = NDArray[np.float64]
    Ints: TypeAlias = NDArray[np.int64]

FOREVER = 100
"""Years for which an annual row without an end counts."""
RESTORATION = "ecological_restoration"
"""The category that makes a bundle with another one an EOD bundle."""


@dataclass(frozen=True)
class Appraisal:
    """Projects at their hurdle rates, and the income of those in EOD bundles.

    Attributes
    ----------
    rate : the rate of each project, NaN for one that is not tested, shape (projects,).
    npv : net present value of a start in each period, million, shape (projects, periods); NaN without a rate.
    lift : present value of the once rows of its own on uplift accounts, in the same way.
    income : operating income of a start in each period at the finance rate, in the same way; NaN outside EOD bundles.
    """

    rate: Floats
    npv: Floats
    lift: Floats
    income: Floats


def hurdle_rates(study: Study) -> Floats:
    """The rate at which each project is tested: its own, else its category's, else none (NaN); shape (projects,)."""
    finance, projects = study.settings.finance, study.projects
    of_category = projects["category"].map(dict(finance.hurdle) if finance else {}).to_numpy(dtype=float)
    own = projects["hurdle"].to_numpy(dtype=float)
    return np.asarray(np.where(np.isnan(own), of_category, own))


def appraised(study: Study) -> Bools:
    """The projects whose worth matters to some test, shape (projects,)."""
    tested = ~np.isnan(hurdle_rates(study))
    for members in eod_bundles(study):
        tested[members] = True
    return tested


def present_values(timed: Timed, rate: Floats) -> Floats:
    """Σ_y amount_y (1 + rate)^-(y - y0 + 1) of each row, prices grown, over its whole life, shape (n,).

    An annual row without an end counts for `FOREVER` years from its first.

    Parameters
    ----------
    rate : of each row, shape (n,).
    """
    rows, years = timed.rows, timed.clock.years
    age, after = timed.begin - years[0], int(years[-1]) + 1
    paid_once = rows.value * (1.0 + rows.growth) ** age * (1.0 + rate) ** -(age + 1.0)
    stop = np.where(np.isnan(rows.life), timed.begin + FOREVER, timed.stop)
    discount = (1.0 + rate[:, None]) ** -(years - years[0] + 1.0)
    yearly = (timed.yearly() * (years < stop[:, None]) * discount).sum(axis=1)
    # after the last year of the calendar no ramp is left: what remains is a geometric series
    first = np.maximum(timed.begin, after)
    count = np.maximum(stop - first, 0)
    grown, kept = (1.0 + rows.growth) / (1.0 + rate), 1.0 - rows.decay
    step = grown * kept
    flat = step == 1.0
    series = np.where(flat, count, (step**count - 1.0) / np.where(flat, 1.0, step - 1.0))
    later = rows.value * grown ** (first - years[0]) * kept ** (first - timed.begin) / (1.0 + rate) * series
    return np.asarray(np.where(rows.once, paid_once, yearly + later))


def _by_start(study: Study, start: Ints, value: Floats) -> Floats:
    """Sums over the rows of each start, shape (projects, periods)."""
    shape = len(study.projects), len(study.periods)
    total = np.bincount(start, weights=value, minlength=shape[0] * shape[1])
    return np.asarray(total.reshape(shape), dtype=np.float64)


def _net(timed: Timed) -> Floats:
    """1 for revenue, -1 for cost, 0 for what is no money or is captured, by row."""
    accounts, account = timed.accounts, timed.rows.account
    sign = np.where(accounts.family[account] == "revenue", 1.0, -1.0)
    return np.asarray(sign * (accounts.money[account] & ~timed.rows.captured))


def appraise(study: Study, timed: Timed, start: Ints) -> Appraisal:
    """(13) NPV_js = Σ_y (1 + ρ)^-(y - y0 + 1) x (revenue less cost of j in y), of every start; million.

    Parameters
    ----------
    timed, start : rows of every start of the projects that are `appraised`, possible or not, and the start (project x
        periods + period) of each.
    """
    rate = hurdle_rates(study)
    value = np.nan_to_num(present_values(timed, rate[start // len(study.periods)]))
    raised = (timed.accounts.family[timed.rows.account] == "uplift") & timed.rows.once & ~timed.rows.captured
    untested = np.where(np.isnan(rate), np.nan, 0.0)[:, None]
    npv, lift = _by_start(study, start, value * _net(timed)), _by_start(study, start, value * raised)
    income = np.full(npv.shape, np.nan)
    bundled = np.concatenate([np.zeros(0, dtype=np.int64), *eod_bundles(study)])
    income[bundled] = operating_values(study, timed, start)[bundled]
    return Appraisal(rate, npv + untested, lift + untested, income)


@dataclass(frozen=True, eq=False)
class Refusal:
    """A test that starts fail.

    Attributes
    ----------
    family : hurdle, eod_share or eod_income.
    why : what is told of a project that loses its last start by it.
    short : by how much each start fails, 0 where it does not, shape (projects, periods): million, present value, or
        of eod_share a share of the bundle's capital.
    """

    family: str
    why: str
    short: Floats


def refusals(study: Study, appraisal: Appraisal, accounts: Accounts) -> Iterator[Refusal]:
    """The tests of section 7 that some start fails: (13) of projects, then (8) of EOD bundles."""
    tested = _earns(study, accounts) & ~_lifts(study, accounts) & ~study.projects["mandatory"].to_numpy(dtype=bool)
    npv = np.nan_to_num(appraisal.npv)
    why = say("its net present value at its hurdle rate is below zero from every period of its window")
    yield Refusal("hurdle", why, np.where(tested[:, None] & (npv < -NEAR), -npv, 0.0))
    finance, bundles = study.settings.finance, eod_bundles(study)
    if finance is None or finance.eod_eco_share is None or not bundles:
        return
    capex, restores = study.projects["capex"].to_numpy(dtype=float), _restores(study)
    poor, losing = np.zeros(npv.shape), np.zeros(npv.shape)
    for members in bundles:
        eco, whole = float(capex[members][restores[members]].sum()), float(capex[members].sum())
        if eco < finance.eod_eco_share * whole - NEAR:
            poor[members] = finance.eod_eco_share - eco / whole
        income = appraisal.income[members].sum(axis=0)
        losing[members] = np.where(income < -NEAR, -income, 0.0)
    yield Refusal("eod_share", say("restoration has less than eod_eco_share of the capital of its bundle"), poor)
    why = say("the operating income of its bundle is worth less than zero from every period of its window")
    yield Refusal("eod_income", why, losing)


def rate_met(timed: Timed, most: float) -> float | None:
    """The rate, four digits and `most` at most, at which a start is worth its cost; None where it is not even at 0.

    Parameters
    ----------
    timed : the rows of one start.
    """

    def worth(rate: float) -> float:
        return float(present_values(timed, np.full(len(timed.rows.value), rate)) @ _net(timed))

    low, high = 0, int(most * 1e4)
    if worth(0.0) < 0.0:
        return None
    while low < high:  # the last step at which it is worth it, where it falls with the rate
        middle = (low + high + 1) // 2
        low, high = (middle, high) if worth(middle / 1e4) >= 0.0 else (low, middle - 1)
    return low / 1e4


def eod_bundles(study: Study) -> list[Ints]:
    """(8) The positions of the projects of each EOD bundle: restoration and something else, and none is mandated.

    There are none without `[finance] eod_eco_share`.
    """
    finance, projects = study.settings.finance, study.projects
    if finance is None or finance.eod_eco_share is None:
        return []
    restores, mandatory = _restores(study), projects["mandatory"].to_numpy(dtype=bool)
    named = [np.flatnonzero(projects["bundle"] == name) for name in projects["bundle"].unique() if name]
    return [at for at in named if restores[at].any() and not restores[at].all() and not mandatory[at].any()]


def operating_values(study: Study, timed: Timed, start: Ints) -> Floats:
    """Present value of each start's own operating income at the finance rate, shape (projects, periods); million.

    Investment is in it; accounts of role land_sale and land_cost and of path government are not: no flow of land,
    taxes or the budget.
    """
    table = study.accounts
    fiscal = table["role"].isin(["land_sale", "land_cost"]) | (table["path"] == "government")
    value = present_values(timed, np.full(len(start), timed.clock.finance)) * _net(timed)
    return _by_start(study, start, value * ~fiscal.to_numpy(dtype=bool)[timed.rows.account])


def _restores(study: Study) -> Bools:
    return np.asarray(study.projects["category"] == RESTORATION)


def _earns(study: Study, accounts: Accounts) -> Bools:
    """Whether a project has a row of revenue above 0, as its tables state it (nothing of it may be delivered)."""
    projects, flows = study.projects, study.project_flows
    revenue = accounts.names[accounts.money & (accounts.family == "revenue")]
    paid = flows.loc[flows["account"].isin(revenue) & (flows["value"] > 0), "project"]
    return np.asarray((projects["annual_revenue"] > 0) | projects["project"].isin(paid), dtype=bool)


def _lifts(study: Study, accounts: Accounts) -> Bools:
    """Whether a project brings uplift, in a catchment or by rows of its own."""
    projects, flows = study.projects, study.project_flows
    booked = flows.loc[flows["account"].isin(accounts.names[accounts.family == "uplift"]), "project"]
    around = (projects["catchment"] != "") & (projects["uplift_per_ha"] > 0)
    return np.asarray(around | projects["project"].isin(booked), dtype=bool)

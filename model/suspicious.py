"""What is legal but suspicious once the ledger is there: limits that cannot bind or be met, what doing nothing breaks.

Warnings by the rules of ``rules.csv``, beside those that reading a study finds (`zonevest.instances.suspicious`).
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from zonevest.instances.faults import SHOWN, Faults, within
from zonevest.instances.finance import SOFT, VALUES, Finance
from zonevest.instances.overrides import place
from zonevest.instances.rules import rule
from zonevest.instances.say import listed, say
from zonevest.instances.study import each, period_names
from zonevest.model.options import REASONS

if TYPE_CHECKING:
    import pandas as pd
    import pyomo.environ as pyo
    from numpy.typing import NDArray
    from scipy import sparse

    from zonevest.model.compiled import Policy
    from zonevest.model.land import Block
    from zonevest.model.options import Options

    Floats: TypeAlias = NDArray[np.float64]

NEAR = 1e-6
"""By how much, times max(1, |bound|), a bound must be out of reach to be told."""
SMALL = 0.01
"""Below this share of its base-year total a residual is near zero."""


def suspicions(model: pyo.ConcreteModel, policy: Policy, block: Block, broken: pd.DataFrame) -> pd.DataFrame:
    """Warnings of a study whose policy model is made: where, must, found, do.

    Parameters
    ----------
    block : the land block of the policy's own rows (not those in which sums are shared).
    broken : the rows of limits.csv that doing nothing breaks.
    """
    faults = Faults()
    _late(model.source.options, faults)
    _reach(model, policy, block, faults)
    _today(model, broken, faults)
    _residuals(model, faults)
    return faults.warnings()


def reach(options: Options, block: Block, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
    """Between what A x + B v of some rows of the block can lie, each of shape (rows,).

    In words: for every parcel the smallest and the largest of what its options bring, for every column what its
    bounds allow, added up, whatever else must hold: no plan lies outside. Where parcels differ in several scalars,
    each counts with its own extremes.
    """
    low, high = _of_columns(block, rows)
    starts = np.flatnonzero(np.diff(options.kind_pattern, prepend=-1))
    for scalar, values in block.by_kind if len(starts) else ():
        up = np.bincount(options.pattern, np.maximum(scalar, 0.0), len(starts))
        down = np.bincount(options.pattern, np.minimum(scalar, 0.0), len(starts))
        columns = values.tocsc()
        for at, row in enumerate(rows.tolist()):
            brought = columns[:, [row]].toarray().ravel()
            if brought.any():
                most, least = np.maximum.reduceat(brought, starts), np.minimum.reduceat(brought, starts)
                low[at] += up @ least + down @ most
                high[at] += up @ most + down @ least
    if block.by_option is not None:
        columns = block.by_option.tocsc()
        for at, row in enumerate(rows.tolist()):
            inside = slice(columns.indptr[row], columns.indptr[row + 1])
            group, brought = block.group[columns.indices[inside]], columns.data[inside]
            # an option that brings nothing is taken to be there: no bound is lost, and few are loosened
            for end, pick in ((low, np.minimum), (high, np.maximum)):
                extreme = np.zeros(block.groups)
                pick.at(extreme, group, brought)
                end[at] += extreme.sum()
    return low, high


def _of_columns(block: Block, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
    """The part of further columns."""
    columns: sparse.csc_array = block.by_column.tocsc()
    low, high = np.zeros(len(rows)), np.zeros(len(rows))
    for at, row in enumerate(rows.tolist()):
        inside = slice(columns.indptr[row], columns.indptr[row + 1])
        index, value = columns.indices[inside], columns.data[inside]
        index, value = index[value != 0], value[value != 0]
        ends = value * block.column_lower[index], value * block.column_upper[index]
        low[at], high[at] = np.minimum(*ends).sum(), np.maximum(*ends).sum()
    return low, high


def _late(options: Options, faults: Faults) -> None:
    """Land actions that some parcel might follow if their lead years did not end after the last year."""
    late = (options.reasons == REASONS.index("window")).any(axis=0)
    lead = dict(zip(options.study.practices["practice"], options.study.practices["lead_years"], strict=True))
    told = [
        say("{practice} (lead_years {lead:g})", practice=options.practices[at], lead=float(lead[options.practices[at]]))
        for at in np.flatnonzero(late).tolist()
    ]
    if told:
        faults.add("practices", rule("practices.late"), _some(told))


def _reach(model: pyo.ConcreteModel, policy: Policy, block: Block, faults: Faults) -> None:
    """Hard limits none of whose rows can bind, and those that no choice can meet."""
    study = model.source.study
    keys = {model.limit[key].name: key for key in model.limit}
    hard = set(study.limits.loc[study.limits["kind"] == "hard", "limit"])
    named = [(at, keys[name]) for at, name in enumerate(block.rows) if name in keys and keys[name][0] in hard]
    if not named:
        return
    rows = np.array([at for at, _ in named], dtype=np.intp)
    place = {name: at for at, name in enumerate(policy.rows)}
    stated = np.array([place[block.rows[at]] for at in rows.tolist()])
    lower, upper = policy.lower[stated], policy.upper[stated]
    # what is there whatever is decided went from the bounds of the block
    one = np.isfinite(upper)
    fixed = np.where(one, upper, lower) - np.where(one, block.upper[rows], block.lower[rows])
    low, high = (side + fixed for side in reach(model.source.options, block, rows))
    room = NEAR * np.maximum(1.0, np.fmin(np.abs(lower), np.abs(upper)))
    idle = (high < upper - room) & (low > lower + room)
    lost = (low > upper + room) | (high < lower - room)
    for at in _nearest(named, idle, np.fmin(upper - high, low - lower)):
        limit, where, period = named[at][1]
        above = bool(upper[at] - high[at] <= low[at] - lower[at])
        bound, best = (upper[at], high[at]) if above else (lower[at], low[at])
        told = {"place": where, "period": period, "bound": float(bound), "best": float(best)}
        found = say("at least {best:,.6g} for {bound:,.6g} [{place}, {period}]", **told)
        if above:
            found = say("at most {best:,.6g} of {bound:,.6g} [{place}, {period}]", **told)
        faults.add(within("limits", limit), rule("limits.idle"), found)
    missed: dict[str, list[str]] = defaultdict(list)
    for at in np.flatnonzero(lost).tolist():
        limit, where, period = named[at][1]
        bound, best = (upper[at], low[at]) if low[at] > upper[at] else (lower[at], high[at])
        told = {"place": where, "period": period, "bound": float(bound), "best": float(best)}
        missed[limit].append(say("{best:,.6g} at best for {bound:,.6g} [{place}, {period}]", **told))
    for limit, amounts in missed.items():
        faults.add(within("limits", limit), rule("limits.out-of-reach"), _some(amounts))


def _nearest(named: list[tuple[int, Any]], idle: NDArray[np.bool_], gap: Floats) -> list[int]:
    """Of each limit all of whose rows are idle the row that comes nearest to its bound."""
    rows: dict[str, list[int]] = defaultdict(list)
    for at, (_, (limit, *_)) in enumerate(named):
        rows[limit].append(at)
    return [min(at, key=lambda i: float(gap[i])) for at in rows.values() if idle[at].all()]


def _today(model: pyo.ConcreteModel, broken: pd.DataFrame, faults: Faults) -> None:
    """What doing nothing breaks from the first period on, with the choice to plan towards it.

    What it breaks later, over the whole, or in a period that the limit names, is a goal: what a plan is for.
    """
    study = model.source.study
    limits = {row.limit: row for row in each(study.limits)}
    names = period_names(study.periods)
    last = names[-1]
    for name, rows in broken.groupby("limit", sort=False):
        row = limits.get(name)
        if last == names[0] or (row is not None and row.period) or not (rows["period"] == names[0]).any():
            continue
        amounts = [
            say(
                "{value:,.6g} for {bound:,.6g}, off by {off:,.6g} [{place}, {period}]",
                value=off.value, bound=off.bound, off=-off.slack, place=off.jurisdiction, period=off.period,
            )
            for off in each(rows)
        ]  # fmt: skip
        if row is None:
            ways = _ways_of_money(str(name), study.settings.finance, last)
            faults.add(str(name), rule("finance.today", ways=listed(ways, "; ", "; or ")), _some(amounts))
        else:
            ways = _ways(row, last, bool(rows["value"].abs().max() > NEAR))
            faults.add(
                within("limits", str(name)), rule("limits.today", ways=listed(ways, "; ", "; or ")), _some(amounts)
            )


def _ways(limit: Any, last: str, there: bool) -> list[str]:
    """How a limit that today breaks can be planned towards, other than it is written; `there`: today is not nought."""
    ways = [say("write period = {period}", period=last)]
    if limit.kind != "soft":
        ways.append(say("write kind = soft with a penalty"))
    if there and not limit.basis.startswith("share_of_start"):
        ways.append(say("write basis = share_of_start with a share of today's state"))
    return [*ways, say("give each period a limit of its own, each nearer to the goal")]


def _ways_of_money(name: str, finance: Finance | None, last: str) -> list[str]:
    """How a row of money, quotas or gains that today breaks can be planned towards."""
    key = {"reserve": "reserve_months"}.get(name, name).partition(".")[0]
    ways = []
    if key in VALUES and key != "refinance_share":  # which is never off
        ways.append(say("let {key} begin later, as {{ {period} = … }}", key=key, period=f'"{last}"'))
    if key == "operating_balance":
        ways.append(say("write operating_balance_from = {period}", period=f'"{last}"'))
    if key in SOFT and finance is not None and key not in finance.soft:
        ways.append(say("give {key} a penalty under finance.soft", key=key))
    return ways or [say("ask for less until {period}", period=last)]


def _some(amounts: list[str]) -> str:
    """The first of some amounts that name their place and period."""
    first = listed(amounts[:SHOWN], "; ")
    return say("{first} … ({count} in all)", first=first, count=len(amounts)) if len(amounts) > SHOWN else first


def _residuals(model: pyo.ConcreteModel, faults: Faults) -> None:
    """A total of the base year that today's land makes up nearly by itself."""
    purse, finance = getattr(model, "purse", None), model.source.study.settings.finance
    if purse is None or finance is None:
        return
    for key, residual in (("own_revenue", purse.own), ("fixed_cost", purse.fixed)):
        whole = getattr(finance, key)
        if whole and float(residual[0]) < SMALL * whole:
            found = say(
                "{whole:,.6g} million, {rest:,.6g} of it not of today's land", whole=whole, rest=float(residual[0])
            )
            study = model.source.study
            where = place(f"finance.{key}", study.label, study.set_anew)
            faults.add(where, rule("finance.residual-small", key=key), found)

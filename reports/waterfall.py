"""From gross to what is left to each actor, in the order of sharing; every step is of the same sum.

Gross is what comes in from outside, the rise of land value, and what is raised for projects. What actors pay each
other is no step: it is in what they are left with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
import pandas as pd

from zonevest.instances.study import each, period_names
from zonevest.model.flows import OUTSIDE
from zonevest.model.gains import PRESENT
from zonevest.model.starts import once_worth
from zonevest.reports.cash_flow import SMALL, owners
from zonevest.reports.contents import Column, Sheet
from zonevest.reports.sharing import FUND, HOLDER, LOCAL, OPERATOR, UPPER, roles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.reports.facts import Facts
    from zonevest.reports.sharing import Sharing

    Floats: TypeAlias = NDArray[np.float64]

STEPS: Final = (
    "from_outside", "land_value", "raised", "set_asides", "direct_cost", "running_cost", "out_of_set_asides",
    "debt_service", FUND, UPPER, OPERATOR, LOCAL, HOLDER, OUTSIDE,
)  # fmt: skip
"""In this order; the first three make up gross."""
GROSS: Final = STEPS[:3]
OPTIONAL: Final = ("raised", "out_of_set_asides", OUTSIDE)
"""Steps that are left out where they are nothing; the others always stand."""


def waterfall(facts: Facts) -> pd.DataFrame:
    """The waterfall of present values: ``step, actor, value, left, share``.

    Returns
    -------
    DataFrame
        ``value`` million, above doing nothing: what comes in (the steps of `GROSS`) or what a step takes (below 0: it
        gives); ``left`` of gross after the step, 0 after the last; ``share`` of gross (NaN where gross is not above 0).
    """
    rows, amounts = _steps(facts)
    table = _told(rows, amounts[:, -1])
    gross = float(table.loc[table["step"].isin(GROSS), "value"].sum())
    table["share"] = table["value"] / gross if gross > SMALL else np.nan
    return table[["step", "actor", "value", "left", "share"]]


def waterfall_periods(facts: Facts) -> pd.DataFrame:
    """The same for every period: ``period, step, actor, value, left``, million, totals of the period."""
    rows, amounts = _steps(facts)
    names = period_names(facts.study.periods)
    parts = [_told(rows, amounts[:, t]).assign(period=name) for t, name in enumerate(names)]
    return pd.concat(parts, ignore_index=True)[["period", "step", "actor", "value", "left"]]


def _told(rows: list[tuple[str, str]], amount: Floats) -> pd.DataFrame:
    """Steps with what is left after each."""
    table = pd.DataFrame(rows, columns=["step", "actor"]).assign(value=amount)
    left = np.cumsum(np.where(table["step"].isin(GROSS), 1.0, -1.0) * amount)
    # a sum of amounts of this size is known to that many digits
    table["left"] = np.where(np.abs(left) <= 1e-12 * np.abs(amount).sum(), 0.0, left)
    return table


def _steps(facts: Facts) -> tuple[list[tuple[str, str]], Floats]:
    """Step and actor of every row, and amounts: totals of the periods and the present value."""
    sharing, study = facts.sharing, facts.study
    outside, net = sharing.actors.index(OUTSIDE), sharing.sums(sharing.net)
    raised, service = borrowing(facts)
    aside, out_of = _set_asides(sharing)
    passed = passed_on(facts).sum(axis=0)
    one_off = sharing.accounts.recurrence[sharing.at] == "one_off"
    cost = sharing.accounts.family[sharing.at] == "cost"

    def to_outside(keep: NDArray[np.bool_]) -> Floats:
        return np.asarray(sharing.sums(sharing.receives, keep)[outside])

    found = {
        ("from_outside", ""): sharing.sums(sharing.pays)[outside],
        ("land_value", ""): sharing.sums(sharing.net, sharing.uplift).sum(axis=0),
        ("raised", ""): raised,
        ("set_asides", ""): aside,
        ("direct_cost", ""): to_outside(cost & one_off),
        ("running_cost", ""): to_outside(cost & ~one_off),
        ("out_of_set_asides", ""): 0.0 - out_of,
        ("debt_service", ""): service,
    }
    role = roles(study)
    for step in (FUND, UPPER, OPERATOR, LOCAL, HOLDER):
        mine = [name for name in sharing.actors if role.get(name) == step]
        found |= {(step, name): net[sharing.actors.index(name)] for name in mine}
        first = (step, mine[0] if mine else "")
        # all of a purse is one: its first actor borrows and sets aside
        more = raised - service - aside + out_of if step == LOCAL else np.zeros(net.shape[1])
        found[first] = found.get(first, 0.0) + more
    fund = study.settings.equity.fund
    if passed.any():
        found[FUND, str(fund)] = found[FUND, str(fund)] - passed
        found[HOLDER, ""] = passed
    found[OUTSIDE, ""] = to_outside(~cost)
    rows = [key for key in found if key[0] not in OPTIONAL or np.abs(found[key]).max() > SMALL]
    rows.sort(key=lambda key: STEPS.index(key[0]))
    return rows, np.array([found[key] for key in rows])


def borrowing(facts: Facts) -> tuple[Floats, Floats]:
    """What is raised and what serves it: totals of the periods, and present values as F1 has them.

    In the periods all that is raised, and repayment and interest of it (what was owed before the plan is served
    whatever is decided). Present: a grant as one-off cash of its project; of debt and equity the price (see
    docs/semantics.md, "Money").
    """
    raised, service = np.zeros((2, len(facts.study.periods) + 1))
    if facts.study.settings.finance is None or facts.plan.financing.empty:
        return raised, service
    purse, works, clock = facts.purse, facts.ledger.works, facts.ledger.clock
    names = period_names(facts.study.periods)
    for row in each(facts.plan.financing):
        t, amount = names.index(row.period), float(row.raised)
        unit = purse.units[row.instrument][t]
        raised[t] += amount
        service[:-1] += amount * (unit.repaid + unit.interest)
        service[-1] += amount * unit.price
        if purse.instruments[row.instrument].kind == "grant":
            start = works.names.index(row.project) * len(names) + names.index(row.start)
            raised[-1] += amount * once_worth(works, start, int(clock.begin[t]), clock.finance)
    return raised, service


def passed_on(facts: Facts) -> Floats:
    """What the compensation fund passes on to each jurisdiction, shape (jurisdictions, periods + 1)."""
    study, passed = facts.study, facts.plan.fund_transfers
    places, names = list(study.jurisdictions["jurisdiction"]), period_names(study.periods)
    amounts = np.zeros((len(places), len(names) + 1))
    if len(passed) and study.settings.equity.fund is not None:
        clock = facts.ledger.clock
        place, period = (
            pd.Index(of).get_indexer(passed[by]) for of, by in ((places, "jurisdiction"), (names, "period"))
        )
        np.add.at(amounts, (place, period), passed["amount"].to_numpy(dtype=float))
        amounts[:, -1] = amounts[:, :-1] @ clock.mean(clock.discount(clock.finance))
    return amounts


def _set_asides(sharing: Sharing) -> tuple[Floats, Floats]:
    """What is set aside of what comes in to the purse, and what cost of the purse is paid out of it.

    Cost of a budget for which something is set aside, whoever receives it, is paid out of that as far as it goes: in a
    period out of what is left of the earlier ones too; of present values out of the present value.
    """
    budgets, rows = sharing.accounts.budgets, sharing.rows
    purse = [sharing.actors.index(name) for name in sharing.accounts.purse]
    mine = np.asarray(sharing.net[:, purse].sum(axis=1)).ravel()[:, None] * sharing.amounts
    cost = sharing.accounts.family[sharing.at] == "cost"
    pairs = list(zip(rows["account"], owners(rows), strict=True))
    aside, out_of = np.zeros((2, sharing.amounts.shape[1]))
    for budget in dict.fromkeys(name for shares in budgets.aside.values() for name in shares):
        taken = np.array([budgets.aside.get(account, {}).get(budget, 0.0) for account, _ in pairs]) @ mine
        home = np.array([budgets.share(budget, *pair) for pair in pairs], dtype=float)
        spent = -(home * cost) @ mine
        aside, carried = aside + taken, 0.0
        for t in range(len(taken) - 1):
            paid = max(0.0, min(spent[t], carried + taken[t]))
            out_of[t] += paid
            carried += taken[t] - paid
        out_of[-1] += max(0.0, min(spent[-1], taken[-1]))
    return aside, out_of


def _amounts(unit: str) -> tuple[Column, ...]:
    return Column("value", unit=unit), Column("left", unit=unit)


SHEETS = (
    Sheet(
        "waterfall",
        "distribution",
        waterfall,
        (Column("step", "word:step_"), Column("actor", "actor"), *_amounts(PRESENT), Column("share", "share")),
    ),
    Sheet(
        "waterfall_periods",
        "distribution",
        waterfall_periods,
        (Column("period", "period"), Column("step", "word:step_"), Column("actor", "actor"), *_amounts("million")),
    ),
)

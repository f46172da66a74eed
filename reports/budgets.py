"""What comes to each budget and leaves it, by period: numbers only, no words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from zonevest.instances.study import period_names
from zonevest.model.booked import Books, books
from zonevest.reports.cash_flow import Finance, Money

if TYPE_CHECKING:
    from zonevest.model.plan import PlanData

ALL = "all"
"""The one budget of a study without a table of them."""
COLUMNS = [
    "budget", "period", "opening", "operating", "receipts", "outlay", "raised", "repaid", "interest",
    "passed_in", "passed_out", "fund_transfers", "closing",
]  # fmt: skip


def budgets(plan: PlanData, booked: Books | None = None) -> pd.DataFrame:
    """Sources and uses of every budget: opening cash, what comes and what leaves make up closing cash.

    Returns
    -------
    DataFrame
        ``budget`` (``all`` without a table of budgets), ``period``, and in million of the period: ``opening`` cash;
        ``operating`` (recurring revenue less recurring cost, residuals included), ``receipts``, ``raised`` and
        ``passed_in`` (by other budgets) come to it; ``outlay``, ``repaid``, ``interest``, ``passed_out`` (to other
        budgets) and ``fund_transfers`` (of the compensation fund) leave it; ``closing`` cash. Without [finance] none.
    """
    if not plan.has_plan or plan.study.settings.finance is None:
        return pd.DataFrame({name: [] for name in COLUMNS})
    found = booked or books(plan)
    money = Money(plan, found)
    finance = Finance(plan, found, money)
    purse, years, passed = finance.purse, finance.years, plan.budget_transfers
    parts = []
    for till in purse.tills:
        fs = [f for f in purse.instruments if not till or purse.budgets.instrument(f) == till]
        main = till == purse.budgets.main
        nothing = np.zeros(len(years))

        def moved(side: str, till: str = till) -> np.ndarray:
            """What is passed on to the budget, or by it."""
            mine = passed[passed[side] == till].groupby("period")["amount"].sum()
            return np.asarray(mine.reindex(purse.names).fillna(0.0), dtype=float)

        flows = {
            "operating": money.in_budget(till, money.annual)
            + (years * (purse.own + purse.transfers - purse.fixed) if main else nothing),
            "receipts": money.in_budget(till, ~money.annual, money.revenue),
            "outlay": 0.0 - money.in_budget(till, ~money.annual, ~money.revenue),
            "raised": sum((finance.raised[f] for f in fs), nothing),
            "repaid": finance.flow("repaid", fs),
            "interest": finance.flow("interest", fs),
            "passed_in": moved("to"),
            "passed_out": moved("from"),
            "fund_transfers": finance.fund_transfers() if main else nothing,
        }
        comes = flows["operating"] + flows["receipts"] + flows["raised"] + flows["passed_in"]
        leaves = flows["outlay"] + flows["repaid"] + flows["interest"] + flows["passed_out"] + flows["fund_transfers"]
        closing = purse.budgets.opening[till] + np.cumsum(comes - leaves)
        own = {"budget": till or ALL, "period": purse.names, "opening": closing - comes + leaves, "closing": closing}
        parts.append(pd.DataFrame(own | flows)[COLUMNS])
    return pd.concat(parts, ignore_index=True)


def set_asides(plan: PlanData, booked: Books | None = None) -> pd.DataFrame:
    """What is set aside of what comes in: ``account, budget, share, period, amount`` (million of the period)."""
    columns = ["account", "budget", "share", "period", "amount"]
    table = plan.study.set_asides
    if not plan.has_plan or table.empty:
        return pd.DataFrame({name: [] for name in columns})
    money = Money(plan, booked or books(plan))
    names = period_names(plan.study.periods)
    rows = []
    for account, budget, share in table[["account", "budget", "share"]].itertuples(index=False):
        comes_in = money.sum((money.rows["account"] == account).to_numpy())
        rows += [(account, budget, share, *pair) for pair in zip(names, (share * comes_in).tolist(), strict=True)]
    return pd.DataFrame(rows, columns=columns)

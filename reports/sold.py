"""What is sold and bought in price steps: numbers only, no words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from zonevest.instances.study import period_names
from zonevest.model.markets import markets

if TYPE_CHECKING:
    from zonevest.model.ledger import Ledger
    from zonevest.model.plan import PlanData

COLUMNS = ["account", "area_account", "jurisdiction", "period", "step", "up_to", "price", "hectares", "amount", "full"]


def sold(plan: PlanData, ledger: Ledger) -> pd.DataFrame:
    """Hectares in each step of each market and period.

    Returns
    -------
    DataFrame
        ``account`` (of money), ``area_account, jurisdiction`` (``total``), ``period, step`` (1, 2, …), ``up_to``
        (hectares a year), ``price`` (million a hectare, at start prices), ``hectares``, ``amount`` (million), ``full``
        (million: what they would have been paid at the first step's price).
    """
    names = period_names(plan.study.periods)
    booked = plan.ledger.set_index(["account", "jurisdiction", "period"])["value"]
    rows = []
    for market in markets(ledger):
        for t, name in enumerate(names):
            steps, years = market.steps[t], float(ledger.clock.length[t])
            hectares = market.filled(float(booked.get((market.area, market.place, name), 0.0)), t)
            up_to = np.cumsum([step.width for step in steps]) / years
            for k, (step, limit, area) in enumerate(zip(steps, up_to.tolist(), hectares, strict=True), start=1):
                paid, first = (market.amount(ledger, t, price) for price in (step.price, steps[0].price))
                key = (market.account, market.area, market.place, name)
                rows.append((*key, k, limit, step.price, area, area * paid, area * first))
    return pd.DataFrame(rows, columns=COLUMNS)

"""Twenty simulated years of lakeside under random shocks: planning anew by prices, and solving once and holding on.

The horizon is extended to 2045 by two periods of five years. Every year prices, costs and revenue drift (seeded
log-normal steps whose mean is 1); when a period begins some of what was to begin does not. What a year brings is
observed in the last year of its period, when the next one can still be decided. `jurisdiction_floor`, which speaks of
all years together, is left out: nobody can promise it against every shock.
"""

from __future__ import annotations

import time

import numpy as np
import pandas as pd

import zonevest as zv
from benchmarks.measure import peak_gb
from benchmarks.suite import Asked, Figures

SIZES, SECONDS, LAND = (1_800,), 600.0, ""
WAYS = ("seed 1", "seed 2", "seed 3")
FURTHER = (5, 5)
STEP, LATE, IDLE = 0.1, 0.05, 0.02
"""Standard deviation of a year's drift; parts of projects that begin late, and of parcels that do not change."""
DRIFTS = (
    ("practice_flows", "*/land_sale", "value", 1.0),
    ("practice_flows", "*/tourism_income", "value", 1.0),
    ("projects", "*", "annual_revenue", 1.0),
    ("projects", "*", "capex", 0.5),
    ("study", "finance.own_revenue", "value", 0.05),
)
"""Cells, and how large their drift is beside `STEP`."""


def shocks(study: zv.Study, seed: int) -> pd.DataFrame:
    """What is observed: drifts of every year, and what does not begin with its period."""
    rng, rows = np.random.default_rng(seed), []
    voluntary = study.projects.loc[~study.projects["mandatory"].astype(bool), "project"]
    for period in study.periods:
        for _ in range(period.years):
            for table, key, column, size in DRIFTS:
                spread = size * STEP
                factor = float(np.exp(rng.normal(-(spread**2) / 2, spread)))
                rows.append((period.last, table, key, column, "", "factor", f"{factor:.6g}"))
        late = voluntary[rng.random(len(voluntary)) < LATE]
        idle = study.parcels.loc[rng.random(len(study.parcels)) < IDLE, "parcel_id"]
        rows += [(period.last, "plan.projects", name, "start", period.name, "value", "") for name in late]
        rows += [(period.last, "plan.parcels", name, "practice", period.name, "value", "hold") for name in idle]
    return pd.DataFrame(rows, columns=["year", "table", "key", "column", "period", "op", "amount"])


def measure(asked: Asked) -> Figures:
    """One path of twenty years."""
    began = time.perf_counter()
    study = zv.read_study("lakeside")
    equity = study.settings.equity
    kept = {"participation": list(equity.participation), "fund": equity.fund}
    longer = zv.extend(study.replace({"equity": kept}), FURTHER)
    plan = zv.solve(longer, method="prices", gap=asked.gap, time_limit=asked.seconds)
    first = time.perf_counter() - began
    rows = shocks(longer, int(asked.way.split()[1]))
    found = zv.replan(plan, rows, method="prices", gap=asked.gap, time_limit=asked.seconds)
    figures: Figures = {"first plan, s": first, "all, s": time.perf_counter() - began}
    for year in found.years.to_dict("records"):
        figures[f"{year['year']}: anew"] = year["status"] if pd.isna(year["objective"]) else year["objective"]
        figures[f"{year['year']}: held on to"] = year["held"]
    last = found.years.iloc[-1]
    figures["rules broken, held on to"] = int(last["held_broke"])
    figures["audits that hold"] = f"{int(found.years['audit'].fillna(False).astype(bool).sum())} of {len(found.years)}"
    figures["rezoned, ha"] = float(last["rezoned_ha"])
    return figures | {"peak, GB": peak_gb()}

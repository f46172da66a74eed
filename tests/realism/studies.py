"""Small studies for the traps, by hand (`tests.model.plain`) or on the default tables, and their proven plans."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from zonevest.api import Plan
from zonevest.instances import defaults
from zonevest.instances.read import make_study
from zonevest.instances.study import Study
from zonevest.model.areas import TOTAL
from zonevest.model.compiled import compile_policy
from zonevest.model.flows import CASH
from zonevest.model.land import land_block
from zonevest.model.ledger import Ledger
from zonevest.model.options import HOLD, build_options
from zonevest.model.policy import policy_model
from zonevest.solvers.answer import SolveOptions
from zonevest.solvers.highs import solve_here
from zonevest.solvers.join import join

MU = 15.0
"""Mu in a hectare."""
FIRST = 2026
YEARS = [{"name": str(year), "start": year, "years": 1} for year in range(FIRST, FIRST + 4)]


@cache
def default(name: str) -> pd.DataFrame:
    """A default table."""
    return pd.DataFrame(defaults.default(name).data)


def row_of(table: str, key: str, **cells: Any) -> dict[str, Any]:
    """A default row by its key, with some cells set anew."""
    rows = default(table)
    (row,) = rows[rows.iloc[:, 0] == key].to_dict("records")
    return {**row, **cells}


def lot(parcel_id: str, land_class: str, **cells: Any) -> dict[str, Any]:
    """A parcel of one hectare of collective land."""
    row = {"parcel_id": parcel_id, "land_class": land_class, "area_ha": 1.0, "tenure": "collective"}
    return {**row, "jurisdiction": "county", **cells}


def county(*lots: Mapping[str, Any], settings: Mapping[str, Any] | None = None, **tables: Any) -> Study:
    """A study on the default tables: four years, all for cash; limits are its own only."""
    keys = {"name": "county", "periods": YEARS, "objective": {"method": "weighted", "cash": 1.0}, **(settings or {})}
    frames = {"limits": only(), **tables}
    parcels = pd.DataFrame(list(lots))
    return make_study(keys, parcels=parcels, **{name: pd.DataFrame(rows) for name, rows in frames.items()})


def only(*names: str) -> list[dict[str, Any]]:
    """Rows of limits that leave only these of the default ones."""
    return [{"limit": name, "drop": 1} for name in default("limits")["limit"] if name not in names]


def admitted(study: Study) -> dict[str, set[str]]:
    """The land actions that are open to each parcel."""
    found: dict[str, set[str]] = {parcel: set() for parcel in study.parcels["parcel_id"]}
    for parcel, practice, _ in build_options(study).names():
        found[parcel] |= {practice} - {HOLD}
    return found


class Booked:
    """The ledger of a study whose land is all locked to one option and start; no projects.

    Attributes
    ----------
    cash : gain in F1 over doing nothing, million.
    """

    def __init__(self, study: Study) -> None:
        self.ledger = Ledger(build_options(study))
        self.weight = np.ones(len(study.parcels))  # an option for each
        self.periods = [period.name for period in study.periods]
        self.cash = self._value(CASH, 0) - self.ledger.doing_nothing()["cash"]

    def __call__(self, account: str, period: str) -> float:
        """A cell of the ledger, in the total."""
        return self._value(account, self.periods.index(period))

    def years(self, account: str) -> list[float]:
        """An account in every period."""
        return [self(account, period) for period in self.periods]

    def _value(self, account: str, at: int) -> float:
        nothing = np.zeros(self.ledger.works.possible.shape)
        return float(self.ledger.values([(account, at)], self.weight, nothing, [TOTAL])[0][0])


def starts(study: Study, project: str) -> list[str]:
    """The periods in which a project may start."""
    works = Ledger(build_options(study)).works
    possible = works.possible[works.names.index(project)]
    return [period.name for period, may in zip(study.periods, possible, strict=True) if may]


def possible(study: Study) -> bool:
    """Whether there is a plan."""
    ledger = Ledger(build_options(study))
    return solve_here(join(land_block(ledger, compile_policy(policy_model(ledger)))), SolveOptions()).x is not None


def told(plan: Plan, account: str, period: str, place: str = "total") -> float:
    """A cell of a plan's ledger."""
    cells = plan.ledger[(plan.ledger["account"] == account) & (plan.ledger["jurisdiction"] == place)]
    return float(cells.loc[cells["period"] == period, "value"].sum())


def row(plan: Plan, limit: str, period: str = "", place: str = "total") -> tuple[float, float]:
    """Value and bound of a row of a plan's limits."""
    rows = plan.limits[(plan.limits["limit"] == limit) & (plan.limits["jurisdiction"] == place)]
    rows = rows[rows["period"] == period] if period else rows
    ((value, bound),) = rows[["value", "bound"]].to_numpy(dtype=float)
    return float(value), float(bound)

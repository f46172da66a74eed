"""A plan beside the prices of all rows of its program: what an option, a project or a row is worth at these prices.

With c what a column adds to the objective and a what it adds to the rows, its worth at prices y is c - y a. Whatever
the prices, objective = constant + Σ worth x column + Σ y x bound - Σ y x slack: nothing of the objective is left over.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd
from scipy import sparse

from zonevest.instances.study import period_names
from zonevest.model.areas import TOTAL
from zonevest.model.booked_land import Chosen
from zonevest.model.decided import options_of
from zonevest.model.flows import CASH, ECOSYSTEM
from zonevest.model.limits import total_or_period
from zonevest.model.policy import objective_weights
from zonevest.reports.terms import Entries, added

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.model.book import Told
    from zonevest.model.compiled import Policy
    from zonevest.model.land import Block
    from zonevest.model.ledger import Ledger
    from zonevest.model.plan import PlanData

    Floats: TypeAlias = NDArray[np.float64]
    Ints: TypeAlias = NDArray[np.int64]

SMALL = 1e-9
"""What is less is rounding."""
FIXED, NEAR = "fixed", "near"
"""Prices of the program with the plan's whole numbers fixed, and those of the price method, near the best."""
ROWS = ["row", "limit", "jurisdiction", "period", "unit"]


@dataclass(frozen=True)
class Priced:
    """A plan, its program, and a price for each row.

    Attributes
    ----------
    plan : the plan; it has one.
    ledger : of all options of its study.
    block : its program, the ledger substituted out, m rows; of a lexicographic plan that of the last stage.
    told : of each row ``row, limit, jurisdiction, period, unit``: as limits.csv tells it, else its family and index.
    prices : change of the objective per unit of each row's bound, shape (m,).
    columns : the policy's own columns in the plan, shape (n,); projects' states come first.
    basis : `FIXED` or `NEAR`.
    compiled : the policy's rows over the ledger.
    stated : the rows as a plan tells of them, with the numbers of the study behind them.
    rates : row -> the column of what the study's number is multiplied by in it.
    solved, point : the program as it is solved, entries that many rows read as columns; its columns in the plan.
    """

    plan: PlanData
    ledger: Ledger
    block: Block
    told: pd.DataFrame
    prices: Floats
    columns: Floats
    basis: str
    compiled: Policy
    stated: tuple[Told, ...]
    rates: dict[str, str]
    solved: Block
    point: Floats

    @cached_property
    def weight(self) -> Floats:
        """x: the share in which each option is taken, shape (options,)."""
        return weight_of(self.ledger, self.plan.parcels)

    @cached_property
    def charge(self) -> Floats:
        """What turns a row of amounts and value (m + 1) into worth: the prices with a minus, and 1."""
        return np.append(-self.prices, 1.0)

    @cached_property
    def option_worth(self) -> Floats:
        """Worth of every option at the prices, shape (options,)."""
        return self.of_options(self.charge)

    def of_options(self, factors: Floats) -> Floats:
        """Σ over rows and value of factor x what every option adds, shape (options,)."""
        block, total = self.block, np.zeros(len(self.block.group))
        for scalar, matrix in block.by_kind:
            total += scalar[block.group] * (matrix @ factors)[block.kind]
        return total if block.by_option is None else np.asarray(total + block.by_option @ factors)

    @cached_property
    def column_worth(self) -> Floats:
        """Worth of a unit of each of the policy's own columns at the prices, shape (n,)."""
        return np.asarray(self.block.by_column @ self.charge)

    def amounts(self, options: Ints) -> sparse.csr_array:
        """What some options add to the rows and, last, to the objective: options x (m + 1)."""
        block = self.block
        group, kind = block.group[options], block.kind[options]
        total = sparse.csr_array((len(options), len(block.rows) + 1))
        for scalar, matrix in block.by_kind:
            total = total + sparse.diags_array(scalar[group]) @ matrix[kind]
        return sparse.csr_array(total if block.by_option is None else total + block.by_option[options])

    @cached_property
    def activity(self) -> Floats:
        """What land and columns add to each row in the plan, shape (m,)."""
        block = self.block
        land = np.zeros(len(block.rows) + 1)
        for scalar, matrix in block.by_kind:
            of_kind = np.bincount(block.kind, weights=self.weight * scalar[block.group], minlength=matrix.shape[0])
            land += matrix.T @ of_kind
        if block.by_option is not None:
            land += block.by_option.T @ self.weight
        return np.asarray((land + block.by_column.T @ self.columns)[:-1])

    @cached_property
    def bounds(self) -> Floats:
        """The bound that each price is of: the upper one above 0, the lower one below; 0 without a price."""
        bound = np.where(self.prices > 0.0, self.block.upper, self.block.lower)
        return np.where(self.prices == 0.0, 0.0, bound)

    @cached_property
    def balance(self) -> pd.DataFrame:
        """Of what the plan's objective is made at the prices.

        Returns
        -------
        DataFrame
            ``part, value``: ``constant`` (what there is whatever is decided), ``land`` (worth of what parcels do),
            ``projects``, ``finance`` (all other decisions), ``rows`` (price x bound) and ``slack`` (price x what the
            plan leaves of the bound, taken off: there is some where land is whole); they add up to the objective.
        """
        states = self.states.size
        parts = {
            "constant": self.block.constant,
            "land": float(self.weight @ self.option_worth),
            "projects": float(self.columns[:states] @ self.column_worth[:states]),
            "finance": float(self.columns[states:] @ self.column_worth[states:]),
            "rows": float(self.prices @ self.bounds),
            "slack": -float(self.prices @ np.where(self.prices == 0.0, 0.0, self.bounds - self.activity)),
        }
        return pd.DataFrame({"part": list(parts), "value": list(parts.values())})

    @cached_property
    def states(self) -> Ints:
        """The column of U of each project and period, shape (projects, periods)."""
        shape = len(self.ledger.works.names), len(self.ledger.clock.length)
        return np.arange(shape[0] * shape[1]).reshape(shape)

    def account_values(self, options: Ints) -> tuple[list[str], Floats]:
        """What options add to the objective, by account: names, and values of shape (options, accounts).

        Accounts that the objective weighs by themselves come last; what they add is not that of F1 and F2.
        """
        ledger, accounts, weights = self.ledger, self.ledger.accounts, objective_weights(self.plan.study)
        chosen = Chosen(ledger, ledger.options.parcel[options].astype(np.int64), options, np.ones(len(options)))
        worth = weights.pop("cash", 0.0) * accounts.weight(CASH)
        worth = worth + weights.pop("ecosystem", 0.0) * accounts.weight(ECOSYSTEM)
        values = chosen.worth().toarray() * worth
        used = np.flatnonzero(np.abs(values).max(axis=0, initial=0.0))
        names = [str(accounts.names[at]) for at in used]
        entries = Entries(period_names(ledger.study.periods))
        own = [weight * total_or_period(entries, ledger, name, TOTAL, TOTAL) for name, weight in weights.items()]
        return [*names, *weights], np.hstack([values[:, used], added(chosen, own)] if own else [values[:, used]])


def weight_of(ledger: Ledger, parcels: pd.DataFrame) -> Floats:
    """X of a plan's table of parcels: the share in which each option is taken, shape (options,).

    Raises
    ------
    KeyError
        If the study does not have an option that the plan takes: the parcel that takes it.
    """
    weight, at = np.zeros(len(ledger.options.kind)), options_of(ledger, parcels)
    if len(gone := np.flatnonzero(at < 0)):
        raise KeyError(parcels["parcel_id"].iloc[gone[0]])
    np.add.at(weight, at, parcels["share"])
    return weight

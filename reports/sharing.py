"""Who receives and who pays what is booked: the parts of actors in rows of accounts of money and uplift."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd
from scipy import sparse

from zonevest.model.booked import PROJECT, Booked
from zonevest.model.builtin import actors
from zonevest.model.flows import OUTSIDE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.instances.study import Study
    from zonevest.model.flows import Accounts

    Floats: TypeAlias = NDArray[np.float64]
    Ints: TypeAlias = NDArray[np.int64]

UPPER, OPERATOR, LOCAL, FUND, HOLDER = "upper", "operator", "local_general", "fund", "holder"
"""What an actor is in the order of sharing: the state above the county, a firm, the purse, the compensation fund, or
one of those whose land it is."""
FIRMS = ("operators", "developers")
"""The default actors that are firms, where no participation says who the others are."""


@dataclass(frozen=True)
class Sharing:
    """Booked rows, n of them, and the actors' parts in each.

    Attributes
    ----------
    accounts : of the study.
    actors : every actor, `outside` among them.
    rows : as in `Booked`, those of doing nothing below those of the plan.
    planned : which rows are the plan's, shape (n,).
    amounts : million, totals of the periods and the present value, shape (n, periods + 1); of doing nothing with a
        minus, so that sums are above doing nothing.
    receives, pays : share of each row that an actor receives or pays, n x actors.
    """

    accounts: Accounts
    actors: list[str]
    rows: pd.DataFrame
    planned: NDArray[np.bool_]
    amounts: Floats
    receives: sparse.csr_array
    pays: sparse.csr_array

    @classmethod
    def of(cls, study: Study, accounts: Accounts, plan: Booked, nothing: Booked) -> Sharing:
        """The parts of all that is booked; a project's own shares hold for what it books itself."""
        rows = pd.concat([plan.rows, nothing.rows], ignore_index=True)
        planned = np.arange(len(rows)) < len(plan.rows)
        amounts = [np.column_stack([each.totals, each.present]) for each in (plan, nothing)]
        names = actors(study)
        owner = rows["source"].where(rows["kind"] == PROJECT, "")
        pair, pairs = pd.factorize(pd.MultiIndex.from_arrays([rows["account"], owner]))
        sides = [accounts.sides(int(accounts.names.get_loc(account)), project) for account, project in pairs]
        shape = (len(pairs), len(names))
        receives, pays = (
            sparse.csr_array(np.array([[one[k].get(name, 0.0) for name in names] for one in sides]).reshape(shape))
            for k in (0, 1)
        )
        signed = np.concatenate(amounts) * np.where(planned, 1.0, -1.0)[:, None]
        return cls(accounts, names, rows, planned, signed, receives[pair], pays[pair])

    @cached_property
    def at(self) -> Ints:
        """Position of the account of each row, shape (n,)."""
        return np.asarray(self.accounts.names.get_indexer(self.rows["account"]), dtype=np.int64)

    @cached_property
    def uplift(self) -> NDArray[np.bool_]:
        """Which rows are of uplift, not of money, shape (n,)."""
        return np.asarray(self.accounts.family[self.at] == "uplift")

    @cached_property
    def net(self) -> sparse.csr_array:
        """What actors receive less what they pay of each row, n x actors."""
        return sparse.csr_array(self.receives - self.pays)

    def sums(self, parts: sparse.csr_array, keep: NDArray[np.bool_] | None = None) -> Floats:
        """Σ over rows of the actors' parts in the amounts, shape (actors, periods + 1)."""
        amounts = self.amounts if keep is None else self.amounts * keep[:, None]
        return np.asarray(parts.T @ amounts)

    def present(
        self, parts: sparse.csr_array, group: Ints, groups: int, keep: NDArray[np.bool_] | None = None
    ) -> Floats:
        """Σ of present values by group of rows (-1: none) and actor, shape (groups, actors)."""
        counted = group >= 0 if keep is None else (group >= 0) & keep
        row = np.flatnonzero(counted)
        of_group = sparse.csr_array((self.amounts[row, -1], (group[row], row)), shape=(groups, len(self.rows)))
        return np.asarray((of_group @ parts).toarray())


def roles(study: Study) -> dict[str, str]:
    """What every actor but `outside` is: upper, operator, local_general, fund or holder.

    The purse is the county, the actor that `[equity]` names as fund is the fund, other public actors stand above the
    county. Private ones are holders if `participation` names them, else firms; without participation the default
    firms, operators and developers, are firms and all others are holders.
    """
    equity = study.settings.equity
    public = set(study.actors.loc[study.actors["public"].astype(bool), "actor"])
    found = {}
    for name in actors(study):
        firm = name not in equity.participation if equity.participation else name in FIRMS
        if name == OUTSIDE:
            continue
        if name == equity.fund:
            found[name] = FUND
        elif name in study.settings.purse:
            found[name] = LOCAL
        elif name in public:
            found[name] = HOLDER if name in equity.participation else UPPER
        else:
            found[name] = OPERATOR if firm else HOLDER
    return found

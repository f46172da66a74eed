"""What projects raise in their catchments (FORMULATION.md section 7), what tools take, and the land that enjoys it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd
from scipy import sparse

from zonevest.instances.study import each, items, period_names
from zonevest.model.capture import tools
from zonevest.model.distinct import groups
from zonevest.model.starts import once_worth
from zonevest.model.uplift import lift

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.model.booked_land import Chosen
    from zonevest.model.plan import PlanData

    Floats: TypeAlias = NDArray[np.float64]
    Ints: TypeAlias = NDArray[np.int64]

WHERE_JOINT = " + "
"""What stands between the `where` cells of an atom in the table of uplift."""


@dataclass(frozen=True)
class Raised:
    """What rows of `plan.uplift` book, n bookings of m rows.

    Attributes
    ----------
    rows : project, period (of the rise), account, captured_from (``""``: it is the rise itself), index 0 … n − 1.
    of : the row of `plan.uplift` of each booking, shape (n,).
    per_ha : what a hectare books, million: totals of the periods and present value, shape (n, periods + 1).
    hectares : the land that enjoys it, m x rows of the land.
    """

    rows: pd.DataFrame
    of: Ints
    per_ha: Floats
    hectares: sparse.csr_array

    def booked(self, told: pd.DataFrame) -> tuple[pd.DataFrame, Floats]:
        """What is booked, summed up over land that is told the same.

        Parameters
        ----------
        told : of each row of the land.

        Returns
        -------
        DataFrame, array of float
            The columns of `rows` and of `told`; and the totals of the periods and the present value, one row each.
        """
        group, first = groups(told)
        seen, land = told.iloc[first].reset_index(drop=True), np.arange(len(group))
        member = sparse.csr_array((np.ones(len(group)), (land, group)), shape=(len(group), len(seen)))
        found = sparse.coo_array((self.hectares @ member)[self.of])
        booking, of = found.coords
        rows = self.rows.iloc[booking].reset_index(drop=True).join(seen.iloc[of].reset_index(drop=True))
        return rows, self.per_ha[booking] * found.data[:, None]

    def worth(self, accounts: pd.Index, *, captured: bool = False) -> sparse.csr_array:
        """Present value by row of the land and account; `captured`: only what tools take."""
        at = np.flatnonzero(self.rows["captured_from"] != "") if captured else np.arange(len(self.rows))
        column = accounts.get_indexer(self.rows["account"].iloc[at])
        booked = sparse.csr_array(
            (self.per_ha[at, -1], (self.of[at], column)), shape=(self.hectares.shape[0], len(accounts))
        )
        return sparse.csr_array(self.hectares.T @ booked)


def raised(plan: PlanData, chosen: Chosen) -> Raised:
    """What projects raise in their catchments, and what tools take of it."""
    ledger = chosen.ledger
    clock, accounts, works, rate = ledger.clock, ledger.accounts, ledger.works, ledger.clock.finance
    names, starts = period_names(plan.study.periods), works.starts_of(plan.projects)
    raising = {row.project: row for row in each(plan.study.projects)}
    found: list[tuple[int, str, str, str, str, Floats]] = []
    for k, row in enumerate(each(plan.uplift)):
        project, start = raising[row.project], starts[row.project]
        account = str(project.uplift_account)
        year = int(max(clock.begin[names.index(row.period)], works.service[start]))
        growth = accounts.growth[accounts.names.get_loc(account)]
        amount = float(lift(project) * (1.0 + growth) ** (year - clock.years[0]))
        worth = amount * once_worth(works, start, year, rate)
        found.append(
            (k, row.project, row.period, account, "", np.append(clock.falls(year, amount, annual=False), worth))
        )
        cells = set(str(row.where).split(WHERE_JOINT))
        for tool in tools(plan.study):
            if tool.uplift_account != account or (tool.where and tool.where not in cells):
                continue
            paid, part = year + tool.delay, amount * tool.rate
            if tool.annual:
                worth = part * float(clock.discount(rate)[clock.years >= paid].sum())
            else:
                worth = part * once_worth(works, start, paid, rate)
            sums = np.append(clock.falls(paid, part, annual=tool.annual), worth)
            found.append((k, row.project, row.period, tool.account, account, sums))
    rows = pd.DataFrame(
        [key for _, *key, _ in found], columns=["project", "period", "account", "captured_from"], dtype=object
    )
    per_ha = np.array([sums for *_, sums in found], dtype=float).reshape(len(found), len(names) + 1)
    return Raised(rows, np.array([k for k, *_ in found], dtype=np.int64), per_ha, _enjoying(plan, chosen))


def _enjoying(plan: PlanData, chosen: Chosen) -> sparse.csr_array:
    """The land that enjoys the uplift of projects: rows of `plan.uplift` x rows of land, hectares.

    What newly enjoys a project's uplift from a period on is told by atom; it is that land of the atom under one of the
    practices that the project names, as much of each parcel as does not enjoy it yet, all in the same proportion.
    """
    names, land = period_names(plan.study.periods), chosen.ledger
    atom_of = {(a.jurisdiction, ";".join(a.catchments), WHERE_JOINT.join(a.where)): a for a in land.atoms}
    wanted = dict(zip(plan.study.projects["project"], plan.study.projects["uplift_of"], strict=True))
    inside: dict[str, Ints] = {}
    enjoyed: dict[tuple[str, str], Floats] = {}
    row, column, hectares = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)], [np.zeros(0)]
    table = plan.uplift.reset_index(drop=True)
    when = pd.Index(names).get_indexer(table["period"])
    for k in np.argsort(when, kind="stable").tolist():
        told = table.iloc[k]
        atom = atom_of[told["jurisdiction"], told["catchments"], told["where"]]
        at = inside.setdefault(atom.name, np.flatnonzero(chosen.inside(atom)))
        so_far = enjoyed.setdefault((told["project"], atom.name), np.zeros(len(at)))
        practices = items(wanted[told["project"]])
        under = np.any([chosen.follows(name, when[k])[at] for name in practices], axis=0) if practices else True
        open_ = np.clip(chosen.area[at] - so_far, 0.0, None) * under
        if not open_.any():  # a rounding of hectares that are enjoyed already
            open_ = chosen.area[at] * under
        if not open_.any():  # nor is any land under these practices: a plan that is broken, which its audit tells
            open_ = chosen.area[at]
        if not open_.any():
            continue
        new = open_ * (float(told["area_ha"]) / open_.sum())
        so_far += new
        some = np.flatnonzero(new)
        row.append(np.full(len(some), k))
        column.append(at[some])
        hectares.append(new[some])
    where = np.concatenate(row), np.concatenate(column)
    return sparse.csr_array((np.concatenate(hectares), where), shape=(len(table), len(chosen.share)))

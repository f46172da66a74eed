"""Who pays for a limit: what parcels, projects and other decisions add to its rows, times their prices."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd
from scipy import sparse

from zonevest.instances.study import period_names
from zonevest.reports.explain import LIMIT, Explanation
from zonevest.reports.priced import SMALL

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.reports.priced import Priced

    Floats: TypeAlias = NDArray[np.float64]
    Ints: TypeAlias = NDArray[np.int64]

PARCEL, PROJECT, DECISION = "parcel", "project", "decision"
PAYERS = ["row", "period", "kind", "name", "jurisdiction", "practice", "start", "amount", "value"]
GIVING = ["parcel_id", "jurisdiction", "area_ha", "practice", "start", "instead", "instead_start", "forgone"]


def explain_limit(priced: Priced, limit: str) -> Explanation:
    """Who pays for a limit, and who would do something else without it.

    Returns
    -------
    Explanation
        ``rows``: of each row of the limit ``row, jurisdiction, period, unit, price, bound, amount`` (what all add to
        the row), ``worth`` (price x bound) and ``slack`` (price x what is left). ``payers``: what each parcel,
        project or other decision adds (``amount``) and gets or pays for it (``value``, below 0: it pays, that is, a
        unit less would be worth so much elsewhere); with the slack they add up to the rows' worth, with a minus.
        ``jurisdictions``, ``practices``: the sums of parcels and projects. ``giving``: parcels that would do
        something else if the rows of the limit had no price and all others theirs, and what each gives up
        (``forgone``, at these prices: not all can do so at once).

    Raises
    ------
    KeyError
        If there is no such limit, nor a row of that name.
    """
    told = priced.told
    at = np.flatnonzero((told["limit"] == limit) | (told["row"] == limit))
    if not len(at):
        raise KeyError(limit)
    payers = pd.concat([_land(priced, at), _columns(priced, at)], ignore_index=True)
    giving = _giving(priced, at)
    place = payers["kind"] != DECISION
    tables = {
        "rows": _rows(priced, at),
        "payers": payers,
        "jurisdictions": _sums(payers[place], "jurisdiction"),
        "practices": _sums(payers[payers["kind"] == PARCEL], "practice"),
        "giving": giving,
    }
    figures = {"value": float(payers["value"].sum()), "forgone": float(giving["forgone"].sum())}
    return Explanation(LIMIT, limit, priced.ledger.study, priced.basis, figures, tables)


def _rows(priced: Priced, at: Ints) -> pd.DataFrame:
    """The rows of a limit with their price, bound and amount."""
    price, amount, block = priced.prices[at], priced.activity[at], priced.block
    # a row without a price is told with the bound that is nearer
    near = np.where(np.abs(block.upper[at] - amount) <= np.abs(amount - block.lower[at]), block.upper[at],
                    block.lower[at])  # fmt: skip
    bound = np.where(price == 0.0, near, priced.bounds[at])
    table = priced.told.iloc[at][["row", "jurisdiction", "period", "unit"]].reset_index(drop=True)
    return table.assign(
        price=price, bound=bound, amount=amount, worth=price * priced.bounds[at],
        slack=price * np.where(price == 0.0, 0.0, bound - amount),
    )  # fmt: skip


def _land(priced: Priced, at: Ints) -> pd.DataFrame:
    """What the parcels add to rows."""
    taken = np.flatnonzero(priced.weight > SMALL)
    found = (sparse.diags_array(priced.weight[taken]) @ priced.amounts(taken))[:, at].tocoo()
    options, row = taken[found.coords[0]], at[found.coords[1]]
    ledger, named = priced.ledger, priced.ledger.options
    parcel, kind = named.parcel[options], named.kind[options]
    periods = np.array([*period_names(ledger.study.periods), ""], dtype=object)
    return _payers(
        priced, row, found.data, kind=PARCEL,
        name=ledger.study.parcels["parcel_id"].to_numpy()[parcel],
        jurisdiction=ledger.study.parcels["jurisdiction"].to_numpy()[parcel],
        practice=np.array(named.practices, dtype=object)[named.kind_practice[kind]],
        start=periods[named.kind_start[kind]],
    )  # fmt: skip


def _columns(priced: Priced, at: Ints) -> pd.DataFrame:
    """What projects and all other decisions add to rows."""
    block, states = priced.block, priced.states
    found = (sparse.diags_array(priced.columns) @ block.by_column)[:, at].tocoo()
    column, row = found.coords[0], at[found.coords[1]]
    owner = np.minimum(column // states.shape[1], states.shape[0] - 1) if states.size else column * 0
    names = np.array([*priced.ledger.works.names, ""], dtype=object)
    places = np.array([*priced.ledger.study.projects["jurisdiction"], ""], dtype=object)
    project = column < states.size
    owner = np.where(project, owner, len(names) - 1)
    own = np.array(block.columns, dtype=object)[column]
    table = _payers(
        priced, row, found.data, kind=np.where(project, PROJECT, DECISION), name=np.where(project, names[owner], own),
        jurisdiction=places[owner], practice="", start="",
    )  # fmt: skip
    # a project's states are told together
    keys = PAYERS[:-2]
    return table.groupby(keys, sort=False)[PAYERS[-2:]].sum().reset_index() if len(table) else table


def _payers(priced: Priced, row: Ints, amount: Floats, **cells: object) -> pd.DataFrame:
    told = priced.told.iloc[row]
    table = pd.DataFrame({"row": told["row"].to_numpy(), "period": told["period"].to_numpy(), **cells,
                          "amount": amount, "value": -priced.prices[row] * amount})  # fmt: skip
    return table[table["amount"] != 0.0].reset_index(drop=True)[PAYERS]


def _sums(payers: pd.DataFrame, by: str) -> pd.DataFrame:
    """What all of a kind pay; amounts of several rows are not added up."""
    sums = payers.groupby(by, sort=False)["value"].sum().reset_index()
    return sums.sort_values("value", kind="stable", ignore_index=True)


def _giving(priced: Priced, at: Ints) -> pd.DataFrame:
    """Parcels that would do something else without the rows."""
    group, named, study = priced.block.group, priced.ledger.options, priced.ledger.study
    factors = priced.charge.copy()
    factors[at] = 0.0
    free = priced.of_options(factors)
    order = np.lexsort((-free, group))
    best = order[named.start[:-1]]  # every parcel has an option
    has = np.bincount(group, weights=priced.weight * free, minlength=priced.block.groups)
    forgone = free[best] - has
    size = np.maximum(1.0, np.abs(free[best]))
    # who would do so at the plan's own prices too does not because of the limit
    worth = priced.option_worth
    same = worth[best] - np.bincount(group, weights=priced.weight * worth, minlength=priced.block.groups)
    parcels = np.flatnonzero((forgone > 1e-7 * size) & (same < forgone - 1e-7 * size))
    taken = np.flatnonzero(priced.weight > SMALL)
    most = taken[np.lexsort((-priced.weight[taken], group[taken]))]
    first = most[np.unique(group[most], return_index=True)[1]]
    periods = np.array([*period_names(study.periods), ""], dtype=object)
    practices = np.array(named.practices, dtype=object)
    kind, instead = named.kind[first[parcels]], named.kind[best[parcels]]
    table = pd.DataFrame(
        {
            "parcel_id": study.parcels["parcel_id"].to_numpy()[parcels],
            "jurisdiction": study.parcels["jurisdiction"].to_numpy()[parcels],
            "area_ha": study.parcels["area_ha"].to_numpy(dtype=float)[parcels],
            "practice": practices[named.kind_practice[kind]],
            "start": periods[named.kind_start[kind]],
            "instead": practices[named.kind_practice[instead]],
            "instead_start": periods[named.kind_start[instead]],
            "forgone": forgone[parcels],
        }
    )
    order = np.argsort(-table["forgone"].to_numpy(), kind="stable")
    return table.iloc[order].reset_index(drop=True)[GIVING]

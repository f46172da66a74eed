"""Who pays for a limit: what parcels, projects and other decisions add to its rows, times their prices."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd
from scipy import sparse

from zonevest.instances.study import period_names
from zonevest.model.areas import TOTAL
from zonevest.model.booked_land import Chosen
from zonevest.model.builtin import actors
from zonevest.model.flows import OF_ACTOR
from zonevest.reports.explain import LIMIT, Explanation
from zonevest.reports.priced import SMALL
from zonevest.reports.terms import Terms, added

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.reports.priced import Priced

    Floats: TypeAlias = NDArray[np.float64]
    Ints: TypeAlias = NDArray[np.int64]

PARCEL, PROJECT, DECISION = "parcel", "project", "decision"
PAYERS = ["row", "period", "kind", "name", "jurisdiction", "practice", "start", "amount", "value"]
GIVING_PROJECTS = ["project", "start", "instead", "forgone"]
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
        (``forgone``, at these prices: not all can do so at once). ``giving_projects``: the same of projects, which
        would start at another time, or at all, or not. ``actors``: ``actor, land, projects, forgone``: what each actor
        would have more of money, present value in million, if all of `giving` and `giving_projects` did so.

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
    giving, move = _giving(priced, at)
    projects, turn = _giving_projects(priced, at)
    place = payers["kind"] != DECISION
    tables = {
        "rows": _rows(priced, at),
        "payers": payers,
        "jurisdictions": _sums(payers[place], "jurisdiction"),
        "practices": _sums(payers[payers["kind"] == PARCEL], "practice"),
        "giving": giving,
        "giving_projects": projects,
        "actors": _actors(priced, move, turn),
    }
    figures = {
        "value": float(payers["value"].sum()),
        "forgone": float(giving["forgone"].sum()) + float(projects["forgone"].sum()),
    }
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


def _giving(priced: Priced, at: Ints) -> tuple[pd.DataFrame, tuple[Ints, Floats]]:
    """Parcels that would do something else without the rows; the options that change, and by what share."""
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
    left = taken[np.isin(group[taken], parcels)]
    changes = np.append(best[parcels], left), np.append(np.ones(len(parcels)), -priced.weight[left])
    return table.iloc[order].reset_index(drop=True)[GIVING], changes


def _giving_projects(priced: Priced, at: Ints) -> tuple[pd.DataFrame, Floats]:
    """Projects that would start at another time without the rows; by how much each state changes."""
    states, names = priced.states, list(priced.ledger.works.names)
    change = np.zeros(states.shape)
    if not states.size:
        return pd.DataFrame(columns=GIVING_PROJECTS), change
    factors = priced.charge.copy()
    factors[at] = 0.0
    periods = [*period_names(priced.ledger.study.periods), ""]
    own, free = (
        _of_starts(np.asarray(priced.block.by_column[: states.size] @ each), priced)
        for each in (priced.charge, factors)
    )
    has = priced.plan.projects.set_index("project")["start"].fillna("").reindex(names).fillna("")
    mine = np.array([periods.index(str(name)) for name in has])
    mandated = priced.ledger.study.projects["mandatory"].to_numpy(dtype=bool)
    free[mandated, -1] = own[mandated, -1] = -np.inf
    every, best = np.arange(len(names)), free.argmax(axis=1)
    forgone = free[every, best] - free[every, mine]
    same = own[every, best] - own[every, mine]
    size = np.maximum(1.0, np.abs(free[every, best]))
    some = np.flatnonzero((forgone > 1e-7 * size) & (same < forgone - 1e-7 * size))
    later = np.vstack([np.triu(np.ones((states.shape[1],) * 2)), np.zeros(states.shape[1])])  # the states of a start
    change[some] = later[best[some]] - later[mine[some]]
    rows = [(names[j], periods[mine[j]], periods[best[j]], float(forgone[j])) for j in some[np.argsort(-forgone[some])]]
    return pd.DataFrame(rows, columns=GIVING_PROJECTS), change


def _of_starts(worth: Floats, priced: Priced) -> Floats:
    """What each start of each project is worth, and last, not to build it; -inf where it is not possible."""
    shape = priced.states.shape
    of_start = np.cumsum(worth.reshape(shape)[:, ::-1], axis=1)[:, ::-1]
    of_start = np.where(priced.ledger.works.possible, of_start, -np.inf)
    return np.hstack([of_start, np.zeros((shape[0], 1))])


def _actors(priced: Priced, move: tuple[Ints, Floats], turn: Floats) -> pd.DataFrame:
    """What actors would have more if options and projects changed so."""
    ledger, names = priced.ledger, actors(priced.ledger.study)
    options, share = move
    gains = [Terms({(OF_ACTOR + name, TOTAL, 0): 1.0}) for name in names]
    chosen = Chosen(ledger, ledger.options.parcel[options].astype(np.int64), options, share)
    land = added(chosen, gains).sum(axis=0) if len(options) else np.zeros(len(names))
    projects = np.zeros(len(names))
    if turn.any():
        entries = [(OF_ACTOR + name, TOTAL, 0) for name in names]
        of_states = ledger.combine(entries, sparse.csr_array(np.eye(len(names))), land=False).by_project
        projects = np.asarray(turn.ravel() @ of_states)
    table = pd.DataFrame({"actor": names, "land": land, "projects": projects, "forgone": land + projects})
    table = table[(table["land"].abs() > SMALL) | (table["projects"].abs() > SMALL)]
    return table.sort_values("forgone", ascending=False, kind="stable", ignore_index=True)

"""What every disagreement of two plans is worth at the prices of the first (see `priced`).

An option's worth is what it adds to the objective less what it takes of the rows, at their prices: so each parcel and
each project has a number of its own. They do not add up to the difference of the objectives by themselves: the rest is
money and other decisions, and rows that the other plan does not use to the full.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from zonevest.instances.study import period_names

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.model.plan import PlanData
    from zonevest.reports.priced import Priced

    Floats = NDArray[np.float64]

PARTS: Final = ["plan", "part", "name", "worth"]


def option_worths(priced: Priced, moved: pd.DataFrame) -> Floats:
    """How much more each row of `compare_land.moves` is worth at the prices; NaN where the study has no such option."""
    worth = priced.option_worth
    found = np.zeros(len(moved))
    for suffix, sign in (("_a", -1.0), ("_b", 1.0)):
        at = _options(priced, moved, suffix)
        found += np.where(at >= 0, sign * worth[np.maximum(at, 0)], np.nan)
    return np.asarray(found * moved["share"].to_numpy(dtype=float))


def _options(priced: Priced, table: pd.DataFrame, suffix: str) -> NDArray[np.int64]:
    """The position of every row's option, -1 where there is none."""
    ledger = priced.ledger
    options, periods = ledger.options, period_names(ledger.study.periods)
    parcel = pd.Index(ledger.study.parcels["parcel_id"]).get_indexer(table["parcel_id"])
    practice = pd.Index(options.practices).get_indexer(table[f"practice{suffix}"])
    start = pd.Index(periods).get_indexer(table[f"start{suffix}"])
    width, many = len(periods) + 1, len(options.practices)
    known = (options.kind_pattern * many + options.kind_practice) * width + options.kind_start + 1
    pattern = options.pattern[parcel]
    wanted = (pattern * many + practice) * width + start + 1
    kind = np.searchsorted(known, wanted)
    there = (parcel >= 0) & (practice >= 0) & (kind < len(known))
    there &= known[np.minimum(kind, len(known) - 1)] == wanted
    first = np.concatenate([[0], np.cumsum(options.per_pattern)])[:-1]
    return np.asarray(np.where(there, options.start[parcel] + kind - first[pattern], -1), dtype=np.int64)


def project_worths(priced: Priced, other: PlanData) -> pd.Series:
    """How much more each project that the other plan starts otherwise is worth at the prices, by project."""
    ledger = priced.ledger
    periods = len(ledger.clock.length)
    names = list(map(str, ledger.works.names))
    unit = priced.column_worth[: len(names) * periods].reshape(-1, periods)
    state = np.zeros((2, len(names), periods))
    for which, plan in enumerate((priced.plan, other)):
        known = plan.projects[plan.projects["project"].isin(names)]
        place = {name: at for at, name in enumerate(period_names(ledger.study.periods))}
        for project, start in zip(known["project"], known["start"], strict=True):
            if start in place:
                state[which, names.index(project), place[start] :] = 1.0
    change = state[1] - state[0]
    worth = pd.Series((change * unit).sum(axis=1), index=names)
    return worth[np.abs(change).max(axis=1) > 0]


def parts(
    priced: Priced, moved: pd.DataFrame, worths: Floats, other: PlanData, name: str, total: float
) -> pd.DataFrame:
    """Of what the difference of two plans is made at the prices of the first.

    Returns
    -------
    DataFrame
        ``plan``, ``part`` (land: by jurisdiction; project; rest; total), ``name`` (jurisdiction or project), ``worth``
        (in units of the objective). All but the last add up to the total.
    """
    known = np.nan_to_num(worths)
    land = pd.Series(known).groupby(moved["jurisdiction"].to_numpy(), sort=False).sum()
    projects = project_worths(priced, other)
    rows = [(name, "land", str(place), float(value)) for place, value in land.items()]
    rows += [(name, "project", str(project), float(value)) for project, value in projects.items()]
    rows.append((name, "rest", "", total - float(known.sum()) - float(projects.sum())))
    rows.append((name, "total", "", total))
    return pd.DataFrame(rows, columns=PARTS)

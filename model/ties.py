"""Options of one parcel that nothing tells apart: neither the objective nor any row of the program.

Where zoning is decided by flows and limits there are few such ties; those that are left are the analyst's to know,
since a solver takes any of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd

from zonevest.instances.study import period_names
from zonevest.model.land import Block
from zonevest.model.ledger import Ledger

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]

COLUMNS = ("between", "practices", "zones", "parcels", "area_ha")


def ties(ledger: Ledger, block: Block) -> pd.DataFrame:
    """Groups of options that are the same to the program, by what they differ in.

    Parameters
    ----------
    ledger, block : of one study; the block holds every row and the objective.

    Returns
    -------
    DataFrame
        between (`zone`, `practice` or `start`: the first of these in which the options differ), practices and zones
        (joined by `;`), parcels, area_ha; most hectares first.
    """
    options = ledger.options
    key = np.unique(_marks(block), axis=0, return_inverse=True)[1].ravel()
    order = np.lexsort((key, options.parcel))
    parcel, key = options.parcel[order], key[order]
    same = (parcel[1:] == parcel[:-1]) & (key[1:] == key[:-1])
    group = np.concatenate([[0], np.cumsum(~same)])
    tied = np.flatnonzero(np.bincount(group)[group] > 1)
    if not len(tied):
        return pd.DataFrame(columns=COLUMNS)
    kind = options.kind[order[tied]].astype(np.int64)
    names = np.array([*options.practices], dtype=object)
    held = options.zone_today[options.kind_pattern[kind]]
    acting = np.concatenate([[""], ledger.study.practices["zone"].to_numpy(dtype=object), [""]])
    practice = options.kind_practice[kind]
    table = pd.DataFrame(
        {
            "group": group[tied],
            "parcel": parcel[tied],
            "practice": names[practice],
            "zone": np.where(practice == 0, held, acting[practice]),
            "start": np.array([*period_names(ledger.study.periods), ""], dtype=object)[options.kind_start[kind]],
        }
    )
    area = ledger.study.parcels["area_ha"].to_numpy(dtype=float)
    found = table.groupby("group").agg(
        parcel=("parcel", "first"),
        practices=("practice", lambda cells: ";".join(sorted(set(cells)))),
        zones=("zone", lambda cells: ";".join(sorted(set(cells)))),
    )
    several = [found[column].str.contains(";") for column in ("zones", "practices")]
    found["between"] = np.select(several, ["zone", "practice"], "start")
    found["area_ha"] = area[found["parcel"]]
    once = found.drop_duplicates(["parcel", "between", "practices", "zones"])
    summed = once.groupby(["between", "practices", "zones"], as_index=False).agg(
        parcels=("parcel", "nunique"), area_ha=("area_ha", "sum")
    )
    return summed.sort_values("area_ha", ascending=False, ignore_index=True)[list(COLUMNS)]


def _marks(block: Block) -> Floats:
    """Two numbers for each option that are the same for options with the same coefficients (to seven digits)."""
    rng = np.random.default_rng(0)
    width = len(block.rows) + 1
    weigh = rng.uniform(1.0, 2.0, (width, 2))
    marks = np.zeros((len(block.kind), 2))
    for scalar, matrix in block.by_kind:
        marks += (matrix @ weigh)[block.kind] * scalar[block.group][:, None]
    if block.by_option is not None:
        marks += block.by_option @ weigh
    if block.extra.shape[0]:
        marks += block.extra[:, : len(block.kind)].T @ rng.uniform(1.0, 2.0, (block.extra.shape[0], 2))
    return marks.astype(np.float32).astype(float)

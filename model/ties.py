"""Options of one parcel that nothing tells apart: neither the objective nor any row of the program.

Where zoning is decided by flows and limits there are few such ties; those that are left are the analyst's to know,
since a solver takes any of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd

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
    key = _marks(block)
    order = np.lexsort((key, options.parcel))
    same = (options.parcel[order[1:]] == options.parcel[order[:-1]]) & (key[order[1:]] == key[order[:-1]])
    new = np.concatenate([[True], ~same])
    tied = np.flatnonzero(~new | np.append(same, False))
    if not len(tied):
        return pd.DataFrame(columns=COLUMNS)
    kind, begin = options.kind[order[tied]].astype(np.int64), np.flatnonzero(new[tied])
    # groups of the same kinds of options are told in the same words, which are made once for all of them
    mark = np.random.default_rng(0).integers(1, 2**62, size=len(options.kind_pattern))
    _, one, which = np.unique(np.add.reduceat(mark[kind], begin), return_index=True, return_inverse=True)
    end = np.append(begin[1:], len(tied))
    words = [_told(ledger, kind[begin[group] : end[group]]) for group in one.tolist()]
    found = pd.DataFrame(words, columns=COLUMNS[:3]).iloc[which].reset_index(drop=True)
    parcel = options.parcel[order[tied[begin]]]
    found["parcel"], found["area_ha"] = parcel, ledger.study.parcels["area_ha"].to_numpy(dtype=float)[parcel]
    once = found.drop_duplicates(["parcel", "between", "practices", "zones"])
    summed = once.groupby(["between", "practices", "zones"], as_index=False).agg(
        parcels=("parcel", "nunique"), area_ha=("area_ha", "sum")
    )
    return summed.sort_values("area_ha", ascending=False, ignore_index=True)[list(COLUMNS)]


def _told(ledger: Ledger, kinds: NDArray[np.int64]) -> tuple[str, str, str]:
    """In what the tied options of a parcel differ, and their practices and zones."""
    options = ledger.options
    acting = ["", *ledger.study.practices["zone"], ""]
    practice = options.kind_practice[kinds].tolist()
    held = options.zone_today[options.kind_pattern[kinds]].tolist()
    practices = sorted({options.practices[each] for each in practice})
    zones = sorted({zone if each == 0 else acting[each] for each, zone in zip(practice, held, strict=True)})
    between = "zone" if len(zones) > 1 else "practice" if len(practices) > 1 else "start"
    return between, ";".join(practices), ";".join(zones)


def _marks(block: Block) -> NDArray[np.int64]:
    """A number for each option that is the same for options with the same coefficients (to seven digits)."""
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
    return (marks.astype(np.float32) + np.float32(0.0)).view(np.int64).ravel()  # two numbers side by side; no -0

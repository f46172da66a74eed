"""Decisions as a plan's tables have them, found among the options of a study."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from zonevest.instances.study import period_names

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.model.ledger import Ledger

UNKNOWN = "window"
"""Why an option is not open where no rule excludes its practice: its start is."""


def options_of(ledger: Ledger, parcels: pd.DataFrame) -> NDArray[np.int64]:
    """The option of every row of a plan's table of parcels (parcel_id, practice, start); -1 where it is not open."""
    options, periods = ledger.options, period_names(ledger.study.periods)
    parcel = pd.Index(ledger.study.parcels["parcel_id"]).get_indexer(parcels["parcel_id"])
    practice = pd.Index(options.practices).get_indexer(parcels["practice"])
    begun = parcels["start"].fillna("").to_numpy()
    start = pd.Index(periods).get_indexer(begun)
    width = len(periods) + 1
    # hold has no start, but comes first among a pattern's kinds, as -1 does here
    known = (options.kind_pattern * len(options.practices) + options.kind_practice) * width + options.kind_start + 1
    wanted = (options.pattern[parcel] * len(options.practices) + practice) * width + start + 1
    kind = np.searchsorted(known, wanted)
    there = (parcel >= 0) & (practice >= 0) & ((start >= 0) | (begun == "")) & (kind < len(known))
    there[there] = known[kind[there]] == wanted[there]
    first = np.concatenate([[0], np.cumsum(options.per_pattern)])[:-1]
    return np.where(there, options.start[parcel] + kind - first[options.pattern[parcel]], -1).astype(np.int64)

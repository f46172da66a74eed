"""Urban and rural: land by the zone that it lies in today, people by the land that they live on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from zonevest.instances.study import lineages
from zonevest.model.gains import people_at_start

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.reports.facts import Facts

URBAN, RURAL, UNPLACED = "urban", "rural", "unplaced"
SETTLEMENTS: Final = (URBAN, RURAL)


def zone_today(facts: Facts) -> NDArray[np.object_]:
    """The zone in which each parcel lies before the plan, shape (parcels,)."""
    options = facts.ledger.options
    return np.asarray(options.zone_today[options.pattern], dtype=object)


def settlement(facts: Facts) -> NDArray[np.int64]:
    """Position in `SETTLEMENTS` of each parcel, shape (parcels,).

    Urban is land that lies today in a zone which the zones table calls urban, or in a sub-zone of one; all other land
    is rural. So what a plan makes of a parcel counts where the parcel was before, whatever it becomes.
    """
    zones = facts.study.zones
    chains = lineages(zones["zone"], zones["parent"])
    named = set(zones.loc[zones["urban"].astype(bool), "zone"])
    urban = [zone for zone, chain in chains.items() if named & set(chain)]
    return np.where(np.isin(zone_today(facts).astype(str), urban), 0, 1)


def people(facts: Facts) -> NDArray[np.float64]:
    """People of urban and of rural land at the start, shape (2,); NaN where that is not known.

    Those of a jurisdiction are shared as the population of its parcels is. Where its parcels state none they are known
    only if all its land is urban, or all rural.
    """
    parcels, where = facts.study.parcels, settlement(facts)
    heads = np.zeros(len(SETTLEMENTS))
    lived = parcels["population"].fillna(0.0).to_numpy(dtype=float)
    for name, count in people_at_start(facts.ledger).items():
        mine = (parcels["jurisdiction"] == name).to_numpy()
        for weight in (lived[mine], np.ones(int(mine.sum()))):
            by = np.bincount(where[mine], weight, len(SETTLEMENTS))
            if by.sum() > 0.0:
                break
        known = lived[mine].sum() > 0.0 or np.count_nonzero(by) == 1
        heads += count * by / by.sum() if known else np.nan
    nowhere = (parcels["jurisdiction"] == "").to_numpy()
    return heads + np.bincount(where[nowhere], lived[nowhere], len(SETTLEMENTS))

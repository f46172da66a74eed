"""What a plan makes of each parcel's worth, per hectare, for the maps and the plan's layer; and classes of it.

All are present values above the same land held. ``worth``: money, what is created less what the public spends outside;
``nature``: ecosystem value; ``captured`` by the public and ``left`` to holders (see `capture`); ``shadow``: what the
objective gains by the parcel, and what that is worth to the limits and quotas that have a shadow price.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from zonevest.reports.capture_tables import of_parcels
from zonevest.reports.colours import GAINS, LOSSES, NONE, UNKNOWN
from zonevest.reports.display import number
from zonevest.reports.rezoned import wanted
from zonevest.reports.terms import SMALL, added

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.reports.facts import Facts

    Floats = NDArray[np.float64]

VALUES: Final = ("worth", "nature", "captured", "left", "shadow")
"""Million per hectare; ``shadow`` in units of the objective."""


def _beyond_land(account: str) -> bool:
    return account.startswith(("finance.", "quota.", "gain."))


def values(facts: Facts) -> pd.DataFrame:
    """`VALUES` of each row of `facts.land`, per hectare of that row; NaN: not known."""
    area = facts.chosen.area
    made = of_parcels(facts)
    _, nature, shadow = _gains(facts)
    found = {
        "worth": made["created"] - made["public_cost"],
        "nature": nature,
        "captured": made["captured"],
        "left": made["left"],
        "shadow": shadow if prices_known(facts) else np.full(len(area), np.nan),
    }
    per_ha = {name: np.divide(of, area, out=np.zeros_like(area), where=area > 0) for name, of in found.items()}
    return pd.DataFrame(per_ha, columns=list(VALUES))


def by_parcel(facts: Facts, of_rows: pd.DataFrame) -> pd.DataFrame:
    """`values` of whole parcels of the study, in their order: the mean of a divided parcel's parts."""
    at, area = facts.chosen.parcel, facts.chosen.area
    size = len(facts.study.parcels)
    whole = np.bincount(at, weights=area, minlength=size)
    sums = {name: np.bincount(at, weights=area * of_rows[name].to_numpy(), minlength=size) for name in VALUES}
    return pd.DataFrame({name: of / np.where(whole > 0, whole, 1.0) for name, of in sums.items()})


def prices_known(facts: Facts) -> bool:
    """Whether the shadow value of land can be told: its prices are known, and are those of the whole objective."""
    rows = facts.plan.limits
    limits = rows[rows["limit"].isin(facts.study.limits["limit"]) | rows["limit"].astype(str).str.startswith("quota.")]
    known = not len(limits) or bool(limits["shadow_price"].notna().any())
    # of several stages the last one has prices, in which the earlier ones are limits that are not told; finance, trade
    # and the gains of actors are not told by parcel
    objective = facts.study.settings.objective
    return known and objective.method != "lexicographic" and not any(map(_beyond_land, objective.accounts))


def _gains(facts: Facts) -> Floats:
    """F1, F2 and the shadow value of each row of the land above holding it, shape (3, rows)."""
    (cash, nature, goal), priced = wanted(facts)
    sums = [cash, nature, sum((terms for _, terms in priced), goal)]
    gains, held = added(facts.chosen, sums), facts.chosen.held()
    if len(held.share):
        gains -= added(held, sums)
    gains[np.abs(gains) < SMALL] = 0.0
    return gains.T


@dataclass(frozen=True)
class Classes:
    """Classes of a value: from the lowest to the highest, the one of 0 among them.

    Attributes
    ----------
    names, colours, patterns : of each class; the name of 0 and of not known is ``""`` and ``"?"``.
    codes : the class of each value.
    """

    names: list[str]
    colours: list[str]
    patterns: list[str]
    codes: NDArray[np.int64]


def classes(of: Floats) -> Classes:
    """Classes of values: some are below 0 (hatched), some 0, some above, with round bounds near their quartiles."""
    trace = max(SMALL, 1e-6 * float(np.nanmax(np.abs(of), initial=0.0)))
    above, below = _bounds(of[of > trace]), _bounds(-of[of < -trace])
    edges = [*(-bound for bound in reversed(below[1:])), *([-trace] if below else []), *([trace] if above else [])]
    codes = np.digitize(of, np.array([*edges, *above[1:]]))
    low, high = _names(below, -1), _names(above, 1)
    names = [*reversed(low), "", *high]
    colours = [*reversed(_ramp(LOSSES, len(low))), NONE, *_ramp(GAINS, len(high))]
    patterns = [*["falling"] * len(low), *[""] * (1 + len(high))]
    unknown = np.isnan(of)
    codes = np.where(unknown, len(names), codes)
    names, colours, patterns = [*names, "?"], [*colours, UNKNOWN], [*patterns, "dotted"]
    # the class of 0 stays in the legend: it is what the others differ from
    used = np.unique(codes).tolist() if unknown.all() else sorted({*np.unique(codes).tolist(), len(low)})
    place = np.zeros(len(names), dtype=np.int64)
    place[used] = np.arange(len(used))
    return Classes(
        [names[at] for at in used], [colours[at] for at in used], [patterns[at] for at in used], place[codes]
    )


def _ramp(ramp: tuple[str, ...], count: int) -> list[str]:
    """`count` colours of a ramp, its ends among them; one alone from its middle."""
    if count == 1:
        return [ramp[len(ramp) // 2]]
    return [ramp[round(at * (len(ramp) - 1) / (count - 1))] for at in range(count)]


def _bounds(amounts: Floats) -> list[float]:
    """0 and rising round bounds between classes of amounts above 0, at most four classes; empty without amounts."""
    if not len(amounts):
        return []
    bounds, quartiles = [0.0], np.quantile(amounts, [0.25, 0.5, 0.75]).tolist()
    for bound in quartiles:
        tidy = _round(bound)
        # what is next to nothing beside the others is no class of its own
        if tidy > max(bounds[-1], 1e-4 * quartiles[-1]) and amounts.max() >= tidy > amounts.min():
            bounds.append(tidy)
    return bounds


def _round(value: float) -> float:
    """The nearest of 1, 2 and 5 times a power of ten."""
    power = 10.0 ** np.floor(np.log10(value))
    return float(min((step * power for step in (1, 2, 5, 10)), key=lambda step: abs(np.log(step / value))))


def _names(bounds: list[float], sign: int) -> list[str]:
    """The classes between bounds, from 0 outwards."""
    found = []
    for at, low in enumerate(bounds):
        high = bounds[at + 1] if at + 1 < len(bounds) else None
        if high is None:
            found.append(f"> {number(low)}" if sign > 0 else f"< {number(-low)}")
        else:
            pair = (low, high) if sign > 0 else (-high, -low)
            found.append(f"{number(pair[0])} … {number(pair[1])}")
    return found

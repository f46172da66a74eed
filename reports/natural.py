"""Natural resources as assets, period by period, in the terms of ecosystem accounting: numbers only, no words.

Extent (hectares), condition (mean of the parcels' ``condition``, by area), flow (what ecosystem services are worth in
the last year of the period, million a year) and asset (that flow for good, at the social rate: million), of each of the
8 resources and by tenure. Each hectare is of one resource: national park first, then sea, then that of its class.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from zonevest.instances.schema import RESOURCES
from zonevest.model.areas import START as BEFORE
from zonevest.model.areas import TOTAL
from zonevest.model.assets import ASSET
from zonevest.model.flows import AT_START_PRICES
from zonevest.model.works import BUILDS_NOTHING
from zonevest.reports.cash_flow import SMALL, START
from zonevest.reports.contents import Column, Sheet
from zonevest.reports.once import once

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.model.ledger import Ledger
    from zonevest.reports.facts import Facts

    Floats = NDArray[np.float64]

UNSTATED, STATE, COLLECTIVE = "unstated", "state", "collective"
TENURES: Final = (UNSTATED, STATE, COLLECTIVE)
"""Whose land; what projects build on without a drawn site is of nobody who is named."""
STOCKS = ["period", "resource", "tenure", "extent", "condition", "flow", "flow_per_ha", "asset"]
CHANGES = ["period", "resource", "tenure", "opening", "extent", "quality", "prices", "closing"]


def natural_assets(facts: Facts) -> pd.DataFrame:
    """Extent, condition, flow and asset value by resource, tenure and period.

    Returns
    -------
    DataFrame
        ``period`` (``start``: before the first, else at its end), ``resource``, ``tenure``; ``extent`` (ha),
        ``condition`` (NaN: no land), ``flow`` (million a year), ``flow_per_ha`` and ``asset`` (million). Where the
        social rate is 0 nothing that lasts has a finite worth, and the three are NaN. Resources and tenures of which
        there never is anything are left out.
    """
    extent, condition = _extents(facts)
    value = _values(facts)[0]
    social = facts.ledger.clock.social
    table = _long(facts, extent=extent, weighed=condition, asset=value)
    there = table["extent"] > SMALL
    table["condition"] = (table.pop("weighed") / table["extent"].where(there)).where(there)
    table["flow"] = table["asset"] * social if social > 0 else np.nan
    table["flow_per_ha"] = (table["flow"] / table["extent"].where(there)).where(there)
    return table[STOCKS]


@once
def natural_changes(facts: Facts) -> pd.DataFrame:
    """From opening to closing value of every natural resource.

    Returns
    -------
    DataFrame
        ``period, resource, tenure`` and in million: ``opening`` + ``extent`` (hectares that came or went, at the
        opening value of a hectare) + ``quality`` (the value of a hectare at start prices: its condition, its use, the
        mix of classes) + ``prices`` (growth of prices) = ``closing``. Empty where the social rate is 0.
    """
    if facts.ledger.clock.social <= 0:
        return pd.DataFrame({name: [] for name in CHANGES})
    area, _ = _extents(facts)
    value, plain = _values(facts)
    before, there = plain[:-1], area[:-1] > SMALL
    per_ha = np.where(there, before / np.where(there, area[:-1], 1.0), 0.0)
    extent = per_ha * np.diff(area, axis=0)
    # what is of a resource of which there was nothing counts as extent
    extent = np.where(there, extent, np.diff(plain, axis=0))
    parts = {
        "opening": value[:-1],
        "extent": extent,
        "quality": np.diff(plain, axis=0) - extent,
        "prices": np.diff(value - plain, axis=0),
        "closing": value[1:],
    }
    return _long(facts, **parts)[CHANGES]


def _long(facts: Facts, **parts: Floats) -> pd.DataFrame:
    """Arrays of shape (periods, resources, tenures) as columns; periods with or without the start."""
    shape = next(iter(parts.values())).shape
    periods = np.array([START, *facts.periods], dtype=object)[-shape[0] :]
    when, resource, tenure = (axis.ravel() for axis in np.indices(shape))
    table = pd.DataFrame(
        {
            "period": periods[when],
            "resource": np.array(RESOURCES, dtype=object)[resource],
            "tenure": np.array(TENURES, dtype=object)[tenure],
            **{name: values.ravel() for name, values in parts.items()},
        }
    )
    ever = np.any([np.abs(np.nan_to_num(values)).max(axis=0) > SMALL for values in parts.values()], axis=0)
    return table[ever[resource, tenure]].reset_index(drop=True)


def _extents(facts: Facts) -> tuple[Floats, Floats]:
    """Hectares, and hectares times condition, before the first period and at each one's end: (1 + T, 8, tenures)."""
    states, clock, parcels = facts.ledger.states, facts.ledger.clock, facts.study.parcels
    chosen = facts.books.chosen
    kind, parcel, area = chosen.kind, chosen.parcel, chosen.area
    weighed = area * parcels["condition"].to_numpy(dtype=float)[parcel]
    own = _tenure(parcels["tenure"].to_numpy(dtype=object))[parcel]
    before, after = states.resource
    size = (len(clock.length) + 1, len(RESOURCES), len(TENURES))
    sums = np.zeros((2, *size))
    for at, period in enumerate([BEFORE, *range(size[0] - 1)]):
        here = before if period == BEFORE else np.where(states.class_year <= clock.last[period], after, before)
        given = _tenure(states.new_tenure(period))
        resource, tenure = here[kind], np.where(given[kind] > 0, given[kind], own)
        known = resource >= 0
        code = resource[known] * size[2] + tenure[known]
        for side, amount in enumerate((area, weighed)):
            sums[side, at] = np.bincount(code, weights=amount[known], minlength=size[1] * size[2]).reshape(size[1:])
    _take(facts, sums)
    return sums[0], sums[1]


def _tenure(names: NDArray[np.object_]) -> NDArray[np.int64]:
    """Position in `TENURES`; what is blank is unstated."""
    return np.select([names == STATE, names == COLLECTIVE], [1, 2], 0).astype(np.int64)


def _take(facts: Facts, sums: Floats) -> None:
    """Move the land that projects take without a drawn site: from the mean hectare of the site, to what is built."""
    ledger, study = facts.ledger, facts.study
    resource_of = dict(zip(study.land_classes["land_class"], study.land_classes["resource"], strict=True))
    category = dict(zip(study.projects["project"], study.projects["category"], strict=True))
    starts, periods = ledger.works.starts_of(facts.plan.projects), len(facts.periods)
    for taking in ledger.works.sites.takings:
        if taking.project not in starts:
            continue
        since = 1 + starts[taking.project] % periods
        seen = study.parcels.iloc[ledger.works.sites.parcels[taking.where]]
        area, resource = seen["area_ha"].to_numpy(dtype=float), resource_of[taking.land_class]
        if resource and area.sum() > 0:
            tenure, part = _tenure(seen["tenure"].to_numpy(dtype=object)), taking.area * area / area.sum()
            good = part * seen["condition"].to_numpy(dtype=float)
            for side, amount in enumerate((part, good)):
                gone = np.bincount(tenure, weights=amount, minlength=len(TENURES))
                sums[side, since:, RESOURCES.index(resource)] -= gone
        elif resource:  # nobody's land: no plan that keeps its rows takes any
            sums[:, since:, RESOURCES.index(resource), 0] -= taking.area
        if category[taking.project] not in BUILDS_NOTHING:
            sums[:, since:, RESOURCES.index("land"), 0] += taking.area


def _values(facts: Facts) -> tuple[Floats, Floats]:
    """Asset values at prices of the year and at start prices, shape (1 + T, 8, tenures); NaN where none is finite."""
    ledger, periods = facts.ledger, len(facts.periods)
    shape = (periods + 1, len(RESOURCES), len(TENURES))
    if ledger.clock.social <= 0:
        return np.full(shape, np.nan), np.full(shape, np.nan)
    sides = []
    for prices in ("", AT_START_PRICES):
        accounts = [ASSET + name + tail + prices for name in RESOURCES for tail in ("", ".state", ".collective")]
        first = _read(ledger.held, [(name, BEFORE) for name in accounts], None, None)
        wanted = [(name, t) for t in range(periods) for name in accounts]
        rest = _read(ledger, wanted, facts.weight, facts.started)
        values = np.concatenate([first, rest]).reshape(shape).copy()
        values[..., 0] -= values[..., 1:].sum(axis=-1)
        values[..., 0][np.abs(values[..., 0]) < SMALL * np.maximum(1.0, np.abs(values).sum(axis=-1))] = 0.0
        sides.append(values)
    return sides[0], sides[1]


def _read(ledger: Ledger, wanted: list[tuple[str, int]], weight: Floats | None, started: Floats | None) -> Floats:
    """Items of the total, of doing nothing where no decisions are given."""
    weight = np.ones(len(ledger.options.kind)) if weight is None else weight
    started = np.zeros((len(ledger.works.names), len(ledger.clock.length))) if started is None else started
    return np.asarray(ledger.values(wanted, weight, started, [TOTAL])[0])


_KEY = (Column("period", "period"), Column("resource", "word:resource_"), Column("tenure", "word:tenure_"))
SHEETS = (
    Sheet(
        "natural_assets",
        "balance",
        lambda facts: facts.natural,
        (
            *_KEY,
            Column("extent", unit="ha"),
            Column("condition"),
            Column("flow", unit="million/year"),
            Column("flow_per_ha", unit="million/ha/year"),
            Column("asset", unit="million"),
        ),
    ),
    Sheet(
        "natural_changes",
        "balance",
        natural_changes,
        (*_KEY, *(Column(name, unit="million") for name in CHANGES[3:])),
    ),
)

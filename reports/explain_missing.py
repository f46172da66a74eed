"""The options that a parcel does not have: every line that excludes them, and what they would have been worth."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd
from scipy import sparse

from zonevest.instances.study import period_names
from zonevest.model.land import footprint_row
from zonevest.model.ledger import Ledger
from zonevest.model.options import LIFTED, REASONS, build_options

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.model.options import Options
    from zonevest.reports.priced import Priced

    Floats: TypeAlias = NDArray[np.float64]

MISSING = ["practice", "start", "excluded_by", "also", "would_start", "would"]


def missing_options(priced: Priced, parcel: int, named: pd.DataFrame) -> pd.DataFrame:
    """Practices that a line or rule excludes, and starts outside the window.

    Parameters
    ----------
    parcel : position.
    named : practice and start of the options that there are.

    Returns
    -------
    DataFrame
        ``practice, start`` (blank: any), ``excluded_by`` (the first reason that applies), ``also`` (the others, of
        lines, overlays and locks all, joined by ``;``), ``would_start`` and ``would``: the best start and its worth at
        the plan's prices if nothing but lines, overlays and locks excluded it (NaN: other rules do as well).
    """
    options, periods = priced.ledger.options, period_names(priced.ledger.study.periods)
    lifted = lifted_ledger(priced, parcel)
    worth, own = worth_of(priced, parcel, lifted), lifted.options
    assert own.barred is not None
    codes, rows = options.reasons[options.pattern[parcel]], []
    for at in np.flatnonzero(codes):
        first, kinds = REASONS[codes[at]], np.flatnonzero(own.kind_practice == at)
        others = [reason for bit, reason in enumerate(LIFTED) if own.barred[0, at] >> bit & 1]
        others += [REASONS[own.reasons[0, at]]] if own.reasons[0, at] else []
        also = ";".join(reason for reason in dict.fromkeys(others) if reason != first)
        best = kinds[worth[kinds].argmax()] if len(kinds) else -1
        would = (_start(own, best, periods), float(worth[best])) if len(kinds) else ("", np.nan)
        rows.append((options.practices[at], "", first, also, *would))
    there = set(zip(named["practice"], named["start"], strict=True))
    for at in np.flatnonzero(codes == 0):
        name = options.practices[at]
        if (name, "") not in there:
            rows += [(name, start, "window", "", "", np.nan) for start in periods if (name, start) not in there]
    return pd.DataFrame(rows, columns=MISSING)


def _start(options: Options, kind: int, periods: list[str]) -> str:
    return str([*periods, ""][options.kind_start[kind]])


def lifted_ledger(priced: Priced, parcel: int) -> Ledger:
    """The ledger of one parcel, with the options that lines, overlays and locks keep from it."""
    whole = priced.ledger
    tables = dict(whole.study.tables)
    flows = (tables["parcel_flows"]["parcel_id"] == whole.study.parcels["parcel_id"].iloc[parcel]).to_numpy(dtype=bool)
    tables["parcels"] = whole.study.parcels.iloc[[parcel]].reset_index(drop=True)
    tables["parcel_flows"] = tables["parcel_flows"][flows].reset_index(drop=True)
    like = copy(whole)
    like.scales, like._columns = [scale[[parcel]] for scale in whole.scales], list(whole._columns)
    like.scale_of_rows = whole.scale_of_rows | {"parcel_flows": whole.scale_of_rows["parcel_flows"][flows]}
    alone = Ledger(build_options(replace(whole.study, tables=tables), lifted=True), like=like)
    # places of other parcels are there, and this one is not in them
    alone.__dict__["_patterns"] = {name: np.zeros(1, dtype=bool) for name in whole._patterns} | alone._patterns
    return alone


def worth_of(priced: Priced, parcel: int, alone: Ledger) -> Floats:
    """The worth of every option of the ledger of one parcel at the plan's prices."""
    policy, price = priced.compiled, dict(zip(priced.block.rows, priced.prices.tolist(), strict=True))
    factors = np.append([-price.get(name, 0.0) for name in policy.rows], 1.0)
    weights = sparse.vstack([policy.on_ledger, sparse.csr_array(policy.value_of_ledger[None, :])])
    found = alone.combine(policy.entries, sparse.csr_array(factors[None, :] @ weights))
    total = np.zeros(len(alone.options.kind))
    for scale, matrix in found.by_kind:
        total += scale[0] * matrix.toarray().ravel()
    if found.by_option is not None:
        total += found.by_option.toarray().ravel()
    name = priced.ledger.study.parcels["parcel_id"].iloc[parcel]
    for project in alone.works.names:
        for position, period in enumerate(period_names(priced.ledger.study.periods)):
            if charged := price.get(footprint_row(project, name, period), 0.0):
                total -= charged * ~alone.states.admits(project, position)
    return total

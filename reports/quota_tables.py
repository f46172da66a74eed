"""Quotas split up: what is granted, generated, used, traded and banked, by jurisdiction and period."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from zonevest.instances.study import each, period_names
from zonevest.model.plan import KEY
from zonevest.reports.contents import Column, Sheet
from zonevest.reports.tables import TOTAL, account_unit

if TYPE_CHECKING:
    from zonevest.reports.facts import Facts

ROUNDING = 1e-9
"""By how much of a period's use a balance may miss zero."""
QUOTAS = [
    "quota", "jurisdiction", "period", "opening", "granted", "generated", "available", "bought", "used", "sold",
    "closing", "lapsed", "unit",
]  # fmt: skip


def quotas(facts: Facts) -> pd.DataFrame:
    """Every quota where it is balanced, and what is used and generated of it elsewhere.

    Returns
    -------
    DataFrame
        ``quota, jurisdiction`` (``total`` first), ``period``; ``opening`` (banked before), ``granted``, ``available``
        (of what is generated, after its delay) and ``bought`` less ``used`` and ``sold`` is ``closing``; ``generated``
        (in the period), ``lapsed`` (of the closing, where nothing is banked, and what is left in the end is none of
        it), ``unit``. A quota that may move has one balance: its jurisdictions tell no opening and no closing.
    """
    parts = [_quota(facts, row) for row in each(facts.study.quotas)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({name: [] for name in QUOTAS})


def _quota(facts: Facts, row: Any) -> pd.DataFrame:
    study, plan, names = facts.study, facts.plan, period_names(facts.study.periods)
    places = list(study.jurisdictions["jurisdiction"])
    years, shape = facts.ledger.clock.length.astype(float), (len(places), len(names))
    booked = plan.ledger[plan.ledger["account"].isin([row.account_used, row.account_generated])]
    amounts = dict(zip(zip(*(booked[name] for name in KEY), strict=True), booked["value"], strict=True))

    def total(account: str, place: str) -> np.ndarray:
        """What an account books in the periods: years x annual, or once."""
        if not account:
            return np.zeros(len(names))
        annual = facts.ledger.recurrence(account) == "annual"
        return np.array([amounts.get((account, place, t), 0.0) for t in names]) * (years if annual else 1.0)

    grants = study.quota_grants[study.quota_grants["quota"] == row.quota]
    granted = grants.pivot_table(index="jurisdiction", columns="period", values="amount", aggfunc="sum", fill_value=0.0)
    granted = granted.reindex(index=places, columns=names).fillna(0.0).to_numpy(dtype=float).reshape(shape)
    trade = plan.quota_trade[plan.quota_trade["quota"] == row.quota] if len(plan.quota_trade) else plan.quota_trade

    def traded(side: str, places: list[str]) -> np.ndarray:
        mine = trade[trade["jurisdiction"].isin(places)]
        return np.asarray(mine.groupby("period")[side].sum().reindex(names).fillna(0.0), dtype=float)

    parts = []
    for k, place in enumerate([TOTAL, *places]):
        whole = place == TOTAL
        balanced = bool(row.movable) == whole
        at = places if whole and not row.movable else [place]
        generated, used = total(row.account_generated, place), total(row.account_used, place)
        later = min(int(row.available_after), len(names))
        columns = {
            "granted": granted.sum(axis=0) + float(row.granted) * years if whole else granted[k - 1],
            "generated": generated,
            "available": np.concatenate([np.zeros(later), generated[: len(names) - later]]),
            "used": used,
            "bought": traded("bought", at),
            "sold": traded("sold", at),
        }
        came = columns["granted"] + columns["available"] + columns["bought"] - used - columns["sold"]
        first = float(row.opening) if whole else 0.0
        opening = np.zeros(len(names))
        opening[0] = first
        if row.bank:
            opening[1:] = first + np.cumsum(came)[:-1]
            opening[np.abs(opening) < ROUNDING * (1.0 + used)] = 0.0
        came[np.abs(came) < ROUNDING * (1.0 + used)] = 0.0
        told = balanced or (whole and not row.movable)
        columns |= {
            name: np.where(told, value, np.nan) for name, value in (("opening", opening), ("closing", opening + came))
        }
        ends = np.zeros(len(names)) if row.bank else np.append(columns["closing"][:-1], 0.0)
        parts.append(
            pd.DataFrame({"quota": row.quota, "jurisdiction": place, "period": names, **columns, "lapsed": ends})
        )
    unit = account_unit(study, row.account_used or row.account_generated).removesuffix("/year")
    return pd.concat(parts).assign(unit=unit)[QUOTAS]


_AMOUNT = ("opening", "granted", "generated", "available", "bought", "used", "sold", "closing", "lapsed")
SHEETS = (
    Sheet(
        "quota_decomposition", "statutory", quotas,
        (Column("quota", "quota"), Column("jurisdiction", "jurisdiction"), Column("period", "period"),
         *(Column(name, unit="@unit") for name in _AMOUNT), Column("unit", "unit")),
    ),
)  # fmt: skip

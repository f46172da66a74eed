"""The compensation fund: what comes to it, what it pays for and passes on, and what it keeps. Totals of the periods.

All of the plan's amounts count, not those above doing nothing: the fund may pass on what it has received (row `fund`).
Without an actor that `[equity]` names as the fund there is none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
import pandas as pd

from zonevest.instances.study import period_names
from zonevest.model.areas import TOTAL
from zonevest.reports.cash_flow import SMALL
from zonevest.reports.contents import Column, Sheet
from zonevest.reports.waterfall import passed_on

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.reports.facts import Facts

    Floats: TypeAlias = NDArray[np.float64]

OPENING, RECEIVED, PAID, PASSED, CLOSING = "opening", "received", "paid", "passed_on", "closing"
LEDGER: Final = ["period", "item", "account", "jurisdiction", "value"]
USES: Final = ["kind", "practice", "project", "account", "jurisdiction", "value", "share"]


def ledger(facts: Facts) -> pd.DataFrame:
    """The fund by period: opening + received - paid - passed_on = closing, million.

    Returns
    -------
    DataFrame
        ``period`` (the horizon: ``total``), ``item``, ``account`` (of what is received or paid), ``jurisdiction`` (to
        which is passed on), ``value``. Nothing is in the fund before the first period.
    """
    if not _there(facts):
        return pd.DataFrame({name: [] for name in LEDGER})
    names, places = period_names(facts.study.periods), list(facts.study.jurisdictions["jurisdiction"])
    lines: list[tuple[str, str | None, str | None, Floats]] = []
    for item, amounts in zip((RECEIVED, PAID), _flows(facts), strict=True):
        by_account = pd.DataFrame(amounts).groupby(facts.sharing.rows["account"].to_numpy(), sort=False).sum()
        lines += [
            (item, account, None, row) for account, row in zip(by_account.index, by_account.to_numpy(), strict=True)
        ]
    lines += [(PASSED, None, place, row[:-1]) for place, row in zip(places, passed_on(facts), strict=True)]
    change = sum(((1.0 if item == RECEIVED else -1.0) * row for item, _, _, row in lines), np.zeros(len(names)))
    closing = np.cumsum(change)
    opening = np.concatenate([[0.0], closing[:-1]])
    rows: list[tuple[object, ...]] = []
    for t, name in enumerate([*names, TOTAL]):
        # over the horizon what there is at its beginning, all that comes and goes, and what there is at its end
        first, last, at = (t, t, [t]) if t < len(names) else (0, len(names) - 1, list(range(len(names))))
        rows.append((name, OPENING, None, None, opening[first]))
        told = [(item, account, place, float(row[at].sum())) for item, account, place, row in lines]
        rows += [(name, *one) for one in told if abs(one[-1]) > SMALL]
        rows.append((name, CLOSING, None, None, closing[last]))
    return pd.DataFrame(rows, columns=LEDGER)


def uses(facts: Facts) -> pd.DataFrame:
    """What the fund pays for in the horizon, the largest first, and what it keeps.

    Returns
    -------
    DataFrame
        ``kind`` (practice, project, … as in `Booked`; passed_on; closing: what is kept), ``practice`` or ``project``
        that it pays for, ``account``, ``jurisdiction`` (to which is passed on), ``value`` (million) and ``share`` of
        what the fund receives (NaN: nothing).
    """
    if not _there(facts):
        return pd.DataFrame({name: [] for name in USES})
    received, paid = (amounts.sum(axis=1) for amounts in _flows(facts))
    keys = facts.sharing.rows[["kind", "source", "account"]].assign(value=paid)
    spent = keys.groupby(["kind", "source", "account"], sort=False, as_index=False)["value"].sum()
    spent = spent[spent["value"].abs() > SMALL].sort_values("value", ascending=False, kind="stable")
    land = spent["kind"] == "practice"
    table = spent.assign(
        practice=spent["source"].where(land, None),
        project=spent["source"].where(spent["kind"].isin(["project", "land_take"]), None),
        jurisdiction=None,
    )
    passed = passed_on(facts)[:, :-1].sum(axis=1)
    given = pd.DataFrame({"jurisdiction": facts.study.jurisdictions["jurisdiction"].to_numpy(), "value": passed})
    given = given[passed > SMALL].assign(kind=PASSED)
    whole = float(received.sum())
    kept = pd.DataFrame({"kind": [CLOSING], "value": [whole - float(paid.sum()) - float(passed.sum())]})
    table = pd.concat([table, given, kept], ignore_index=True)
    table["share"] = table["value"] / whole if whole > SMALL else np.nan
    texts = ["practice", "project", "account", "jurisdiction"]
    table[texts] = table[texts].astype(object).where(table[texts].notna(), None)
    return table[USES]


def _there(facts: Facts) -> bool:
    fund = facts.study.settings.equity.fund
    return fund is not None and fund in facts.sharing.actors


def _flows(facts: Facts) -> tuple[Floats, Floats]:
    """What the fund receives and pays of each row of money of the plan, shape (rows, periods) each."""
    sharing = facts.sharing
    fund = sharing.actors.index(str(facts.study.settings.equity.fund))
    counts = (sharing.planned & ~sharing.uplift).astype(float)
    received, paid = (
        (parts[:, [fund]].toarray().ravel() * counts)[:, None] * sharing.amounts[:, :-1]
        for parts in (sharing.receives, sharing.pays)
    )
    return received, paid


SHEETS = (
    Sheet(
        "fund_ledger",
        "distribution",
        ledger,
        (
            Column("period", "period"),
            Column("item", "word:fund_"),
            Column("account", "account"),
            Column("jurisdiction", "jurisdiction"),
            Column("value", unit="million"),
        ),
    ),
    Sheet(
        "fund_uses",
        "distribution",
        uses,
        (
            Column("kind", "word:fund_"),
            Column("practice", "practice"),
            Column("project", "project"),
            Column("account", "account"),
            Column("jurisdiction", "jurisdiction"),
            Column("value", unit="million"),
            Column("share", "share"),
        ),
    ),
)

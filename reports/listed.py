"""The tables that the page shows by hand-made sections too: limits, the ledger by account, the schedule of projects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from zonevest.reports import tables
from zonevest.reports.contents import Column, Sheet

if TYPE_CHECKING:
    import pandas as pd

    from zonevest.reports.facts import Facts

LIMITS: Final = (
    Column("limit", "limit"),
    Column("account", "account"),
    Column("jurisdiction", "jurisdiction"),
    Column("period", "period"),
    Column("value", unit="@unit"),
    Column("bound", unit="@unit"),
    Column("slack", unit="@unit"),
    Column("unit", "unit"),
    Column("shadow_price"),
    Column("state", "word:limit_state_"),
)
LEDGER: Final = (
    Column("account", "account"),
    Column("family", "word:family_"),
    Column("recurrence", "word:recurrence_"),
    Column("period", "period"),
    Column("value", unit="@unit"),
    Column("nothing", unit="@unit"),
    Column("unit", "unit"),
)
SCHEDULE: Final = (
    Column("project", "project"),
    Column("category", "word:category_"),
    Column("jurisdiction", "jurisdiction"),
    Column("built", "yes"),
    Column("start", "period"),
    Column("from_year", "year"),
    Column("open_year", "year"),
    Column("close_year", "year"),
    Column("capex", unit="million", total=True),
    Column("earliest", "period"),
    Column("latest", "period"),
    Column("mandatory", "yes"),
)


def limits(facts: Facts) -> pd.DataFrame:
    """Every row of every limit with its standing."""
    return facts.limits[[column.name for column in LIMITS]]


def ledger(facts: Facts) -> pd.DataFrame:
    """Every account that is not zero throughout by period, beside doing nothing."""
    table = facts.accounts
    size = table[["value", "nothing"]].abs().max(axis=1).groupby(table["account"]).transform("max")
    return table.loc[size > 1e-9, [column.name for column in LEDGER]]


def schedule(facts: Facts) -> pd.DataFrame:
    """Every project with its dates; an end of operation that is never reached is left blank."""
    table = tables.schedule(facts.plan)
    table["close_year"] = table["close_year"].replace(np.inf, np.nan)
    table["mandatory"] = table["mandatory"].fillna(False).astype(bool)
    return table[[column.name for column in SCHEDULE]]


SHEETS: Final = (
    Sheet("schedule", "projects", schedule, SCHEDULE),
    Sheet("limit_rows", "limits", limits, LIMITS),
    Sheet("ledger", "limits", ledger, LEDGER),
)

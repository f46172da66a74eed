"""Plain lists: land actions, people, limits and their terms, the ledger by account, the schedule of projects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from zonevest.reports import tables
from zonevest.reports.contents import Column, Sheet
from zonevest.reports.display import OF_BUDGETS

if TYPE_CHECKING:
    from zonevest.reports.facts import Facts

LIMITS: Final = (
    Column("limit", "limit"),
    Column("measured", "@measured_kind"),
    Column("measured_kind", "hidden"),
    Column("jurisdiction", "jurisdiction"),
    Column("period", "period"),
    Column("value", unit="@unit"),
    Column("sense", "word:sense_"),
    Column("bound", unit="@unit"),
    Column("slack", unit="@unit"),
    Column("unit", "unit"),
    Column("state", "word:limit_state_"),
    Column("shortfall", unit="@unit"),
    Column("shadow_price"),
    Column("limit_kind", "word:limit_kind_"),
    Column("penalty"),
    Column("stated_in", "text"),
)
TERMS: Final = (Column("limit", "limit"), Column("account", "account"), Column("coefficient"))
ACTIONS: Final = (
    Column("practice", "practice"),
    Column("start", "period"),
    Column("area_ha", unit="ha", total=True),
    Column("parcels", "count", total=True),
)
PEOPLE: Final = (
    Column("jurisdiction", "jurisdiction"),
    Column("period", "period"),
    Column("people", unit="people"),
    Column("moved_in", unit="people"),
    Column("construction_ha", unit="ha"),
    Column("built_per_head", unit="m2/head"),
)
FLOORS: Final = ("reserve", "dscr_min", "cover_min", "operating_balance", "green_share_min", "reinvestment_min",
                 "quota", "portfolio", "participation", "participation_jurisdiction", "jurisdiction_floor",
                 "floor_share")  # fmt: skip
"""Rows of money, quotas and gains whose bound is a least; of the others it is a most."""
OWN: Final = ("budget_transfer", "dscr_min", "portfolio")
"""Rows of money that compare something else than their account."""
TRACE: Final = 1e-9
"""What is left of a limit by no more than this is rounding."""
STANDING: Final = ("broken", "gives", "binding", "holds")
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
    """Every row of every limit with its standing: first those that are not met, then those with nothing left.

    ``measured`` is an account, or what a row of money compares in its place (``measured_kind`` says which).
    """
    table = facts.limits
    row = table["limit"].str.split(".").str[0]
    floor = np.where(row.isin(FLOORS), ">=", "<=")
    own = row.isin(OWN) & (table["sense"] == "") & (row.ne(table["limit"]) | ~row.isin(OF_BUDGETS))
    table = table.assign(
        measured=np.where(own, row, table["account"]),
        measured_kind=np.where(own, "word:of_", "account"),
        limit_kind=np.where(table["kind"] == "soft", "soft", "hard"),
        sense=np.where(table["sense"] == "", floor, table["sense"]),
        slack=table["slack"].where(table["slack"].abs() > TRACE, 0.0),
        shortfall=table["shortfall"].where(table["shortfall"] > 0),
        stated_in=table["source"],
    )
    return tables.in_order(table, state=STANDING)[[column.name for column in LIMITS]]


def terms(facts: Facts) -> pd.DataFrame:
    """What limits of several terms measure: coefficient x account, the limit's own account first."""
    further = facts.study.limit_terms[["limit", "account", "coefficient"]]
    own = facts.study.limits[["limit", "account"]].assign(coefficient=1.0)
    table = pd.concat([own[own["limit"].isin(further["limit"])], further], ignore_index=True)
    return tables.in_order(table, limit=facts.study.limits["limit"])


def actions(facts: Facts) -> pd.DataFrame:
    """Hectares and parcels of each land action by start period; held land and land in no zone have no start."""
    return tables.actions(facts.plan, facts.land)[[column.name for column in ACTIONS]]


def people(facts: Facts) -> pd.DataFrame:
    """People, who of them moved in, and construction land a head; nothing where nobody ever lives or builds."""
    table = facts.people.rename(columns={"per_head": "built_per_head"})
    there = bool((table[["people", "construction_ha"]] > 0).any(axis=None))
    return table[[column.name for column in PEOPLE]] if there else table.iloc[:0][[column.name for column in PEOPLE]]


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
    Sheet("land_actions", "land", actions, ACTIONS),
    Sheet("people", "land", people, PEOPLE),
    Sheet("schedule", "projects", schedule, SCHEDULE),
    Sheet("limit_rows", "limits", limits, LIMITS),
    Sheet("limit_terms", "limits", terms, TERMS),
    Sheet("ledger", "limits", ledger, LEDGER),
)

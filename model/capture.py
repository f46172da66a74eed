"""Capture of uplift (FORMULATION.md section 4): a tool takes a share of the rise of land value, as cash of an account.

Where flow rows book uplift, what tools take of it are flow rows too, derived here; where projects raise the value of
their catchments the same tools take their share (`zonevest.model.uplift`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd

from zonevest.instances.study import Study, each

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints: TypeAlias = NDArray[np.int64]


YEARLY = {"once": "per_year", "per_ha_once": "per_ha_year"}


@dataclass(frozen=True)
class Tool:
    """A row of the capture table: `account` is the revenue account on which it posts, `where` holds for parcels."""

    name: str
    account: str
    uplift_account: str
    rate: float
    annual: bool
    delay: int
    where: str


def tools(study: Study) -> list[Tool]:
    """Every capture row with the account that names its tool."""
    posts = {row.capture_tool: row.account for row in each(study.accounts) if row.capture_tool}
    return [
        Tool(row.capture_tool, posts[row.capture_tool], row.uplift_account, row.rate, bool(row.annual),
             int(row.delay_years), row.where)
        for row in each(study.capture)
    ]  # fmt: skip


def with_captures(study: Study, table: pd.DataFrame) -> tuple[pd.DataFrame, Ints]:
    """A flow table with the rows that tools derive from its `once` rows on uplift accounts.

    A tool that takes once does so `delay` years after the uplift, one that takes yearly from then on for good; both
    take rate x the uplift at the price of its own year. A project's rows have no parcels: only tools without `where`
    take from them.

    Returns
    -------
    DataFrame
        The table itself where nothing is captured; else with further columns growth (of the price), lag (years from
        the price's year to the payment), captured, and captured_from (the uplift account of which it is).
    array of int
        The row of `table` from which each row comes.
    """
    rows = np.arange(len(table))
    once = table["basis"].isin(["once", "per_ha_once"]).to_numpy() if len(table) else np.zeros(0, dtype=bool)
    growth = dict(zip(study.accounts["account"], study.accounts["growth"], strict=True))
    parts, source = list[pd.DataFrame](), [rows]
    for tool in tools(study) if once.any() else ():
        at = np.flatnonzero(once & (table["account"] == tool.uplift_account).to_numpy())
        if "project" in table and tool.where:
            continue
        taken = table.iloc[at]
        if not len(taken):
            continue
        basis = taken["basis"].map(YEARLY) if tool.annual else taken["basis"]
        where = [cell if not tool.where else "; ".join(filter(None, (cell, tool.where))) for cell in taken["where"]]
        parts.append(
            taken.assign(
                account=tool.account,
                basis=basis,
                where=where,
                value=taken["value"] * tool.rate,
                start_year=taken["start_year"] + tool.delay,
                ramp_years=0.0,
                life_years=np.nan,
                decay=0.0,
                growth=growth[tool.uplift_account],
                lag=tool.delay,
                captured=True,
                captured_from=tool.uplift_account,
            )
        )
        source.append(at)
    if not parts:
        return table, rows
    plain = table.assign(growth=table["account"].map(growth).astype(float), lag=0, captured=False, captured_from="")
    return pd.concat([plain, *parts], ignore_index=True), np.concatenate(source)

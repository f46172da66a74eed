"""Cash flow as tables: where money comes from and where it goes, by nature and budget; debt and what lenders look at.

The numbers are those of `cash_flow` and `budgets`, laid out for reading: amounts are totals of a period, in million.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from zonevest.reports.budgets import COLUMNS as OF_BUDGETS
from zonevest.reports.budgets import budgets
from zonevest.reports.cash_flow import MILLION, SMALL, START
from zonevest.reports.contents import Column, Sheet

if TYPE_CHECKING:
    from zonevest.reports.facts import Facts

RECURRING, ONCE, FINANCING, STOCK = "recurring", "one_off", "financing", "stock"
NATURE: Final = {
    "revenue": RECURRING,
    "own_revenue": RECURRING,
    "transfers": RECURRING,
    "operating_cost": RECURRING,
    "fixed_cost": RECURRING,
    "interest": RECURRING,
    "land_sale": ONCE,
    "receipts": ONCE,
    "outlay": ONCE,
    "fund_transfers": ONCE,
    "raised": FINANCING,
    "refinanced": FINANCING,
    "repaid": FINANCING,
}
"""Whether an item of the cash flow comes again every year, comes once, or is lent and paid back."""
SIGNS: Final = {"source": 1.0, "use": -1.0}
RATIOS = (
    "debt_ratio", "debt_ratio_all", "interest_share_general", "interest_share_fund", "land_sale_share", "green_share",
    "real_estate_share",
)  # fmt: skip


def sources_and_uses(facts: Facts) -> pd.DataFrame:
    """Where money comes from and where it goes: sources and uses add up to the same in every period.

    Returns
    -------
    DataFrame
        ``period``, ``way`` (source, use), ``nature`` (recurring, one_off, financing, stock), ``item``, ``account``,
        ``instrument``, ``value`` (million). Opening cash is a source and closing cash a use; without [finance] the net
        of all others is the last use.
    """
    table = facts.cash
    flows = table[table["kind"].isin(SIGNS)].assign(nature=table["item"].map(NATURE))
    stocks = table[table["item"].isin(["opening_cash", "closing_cash", "net"])].assign(nature=STOCK)
    stocks = stocks.assign(kind=np.where(stocks["item"] == "opening_cash", "source", "use"))
    both = pd.concat([flows, stocks])
    order = {name: place for place, name in enumerate(facts.periods)}
    kinds = both["kind"].map({"source": 0, "use": 1}).to_numpy(dtype=float)
    at = np.lexsort([kinds, both["period"].map(order).to_numpy(dtype=float)])
    both = both.iloc[at].rename(columns={"kind": "way"})
    return both[["period", "way", "nature", "item", "account", "instrument", "value"]].reset_index(drop=True)


def cash_by_nature(facts: Facts) -> pd.DataFrame:
    """What recurs apart from what comes once and from what is lent.

    Returns
    -------
    DataFrame
        ``period, nature``, and in million ``comes_in, goes_out, net``; ``per_year``: net by year of the period.
    """
    flows = sources_and_uses(facts)
    years = dict(zip(facts.periods, (float(period.years) for period in facts.study.periods), strict=True))
    keys = pd.MultiIndex.from_product([facts.periods, [RECURRING, ONCE, FINANCING]], names=["period", "nature"])
    sums = flows[flows["nature"] != STOCK].pivot_table("value", ["period", "nature"], "way", aggfunc="sum")
    sums = sums.reindex(index=keys, columns=["source", "use"]).fillna(0.0).reset_index()
    net = sums["source"] - sums["use"]
    return pd.DataFrame(
        {
            "period": sums["period"],
            "nature": sums["nature"],
            "comes_in": sums["source"],
            "goes_out": sums["use"],
            "net": net,
            "per_year": net / sums["period"].map(years),
        }
    )


def cash_by_budget(facts: Facts) -> pd.DataFrame:
    """What comes to every budget and leaves it (see `budgets.budgets`); none without [finance]."""
    return budgets(facts.plan, facts.books)


def debt_by_instrument(facts: Facts) -> pd.DataFrame:
    """What is owed on every instrument.

    Returns
    -------
    DataFrame
        ``instrument, budget, period``, and in million ``opening`` + ``raised`` - ``repaid`` = ``closing``;
        ``interest`` (returns of outside equity among it). Grants are owed to nobody and not told.
    """
    columns = ["instrument", "budget", "period", "opening", "raised", "repaid", "closing", "interest"]
    finance, parts = facts.finance, []
    for f, each in finance.purse.instruments.items() if finance is not None else ():
        assert finance is not None
        closing = finance.flow("owed", [f])
        amounts = {
            "opening": np.concatenate([[each.legacy], closing[:-1]]),
            "raised": finance.raised[f],
            "repaid": finance.flow("repaid", [f]),
            "closing": closing,
            "interest": finance.flow("interest", [f]),
        }
        if each.kind != "grant" and any(np.any(np.abs(values) > SMALL) for values in amounts.values()):
            own = {"instrument": f, "budget": finance.purse.budgets.instrument(f), "period": facts.periods}
            parts.append(pd.DataFrame(own | amounts)[columns])
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({name: [] for name in columns})


def debt_and_cover(facts: Facts) -> pd.DataFrame:
    """Debt, its grade, and what lenders and auditors look at; none without [finance].

    Returns
    -------
    DataFrame
        ``period`` (``start``: before the first); ``debt, debt_counted`` (million), ``fiscal_resources`` (a year),
        ``debt_ratio`` and its ``grade`` (green, yellow, orange, red), ``debt_ratio_all``; ``operating_result,
        balance_after_interest`` (million a year), ``cover`` (times; of the debt that `dscr_scope` names), ``cover_all``
        (of all that falls due: see `cover_all`), and as shares ``interest_share_general,
        interest_share_fund, land_sale_share`` (of all revenue), ``land_dependence`` (land sale in land sale and
        recurring revenue), ``green_share, real_estate_share`` (of outlay). NaN where nothing is compared.
    """
    stated = ["debt", "debt_counted", "fiscal_resources", "operating_result", "balance_after_interest", "cover"]
    columns = ["period", *stated[:3], "debt_ratio", "grade", "debt_ratio_all", *stated[3:], *RATIOS[2:5]]
    columns += ["land_dependence", *RATIOS[5:]]
    columns.insert(columns.index("cover") + 1, "cover_all")
    if facts.finance is None:
        return pd.DataFrame({name: [] for name in columns})
    told = facts.cash[(facts.cash["instrument"] == "") & facts.cash["item"].isin([*stated, *RATIOS])]
    wide = told.pivot_table(index="period", columns="item", values="value").reindex([START, *facts.periods])
    wide = wide.reindex(columns=[*stated, *RATIOS])
    wide[list(RATIOS)] /= 100.0
    graded = told[told["item"] == "debt_ratio"].set_index("period")["grade"]
    wide["grade"] = graded.reindex(wide.index).fillna("")
    wide["land_dependence"] = land_dependence(facts)
    wide["cover_all"] = cover_all(facts)
    return wide.reset_index(names="period")[columns]


def cover_all(facts: Facts) -> pd.Series:
    """Recurring result over principal and interest of all bonds and loans, what is refinanced among it, by period.

    `cover` counts what the study's limit counts: with dscr_scope new nothing of what was owed before the plan. NaN
    where nothing falls due or without [finance].
    """
    finance = facts.finance
    if finance is None:
        return pd.Series(np.nan, index=facts.periods)
    due = finance.flow("repaid", finance.purse.debts) + finance.flow("interest", finance.purse.debts)
    due = pd.Series(due / finance.years, index=facts.periods)
    told = facts.cash[facts.cash["item"] == "operating_result"].set_index("period")["value"]
    return told.reindex(facts.periods) / due.where(due > SMALL)


def land_dependence(facts: Facts) -> pd.Series:
    """Land sale as a share of land sale and recurring revenue, by period; NaN where there is neither."""
    flows = facts.cash[facts.cash["kind"] == "source"]
    sums = flows.pivot_table("value", "period", "item", aggfunc="sum")
    sums = sums.reindex(index=facts.periods, columns=["land_sale", "revenue", "own_revenue", "transfers"]).fillna(0.0)
    whole = sums.sum(axis=1)
    return sums["land_sale"] / whole.where(whole > SMALL)


SHEETS = (
    Sheet(
        "sources_and_uses",
        "balance",
        sources_and_uses,
        (
            Column("period", "period"),
            Column("way", "word:kind_"),
            Column("nature", "word:nature_"),
            Column("item", "word:item_"),
            Column("account", "money_item"),
            Column("instrument", "instrument"),
            Column("value", unit=MILLION),
        ),
    ),
    Sheet(
        "cash_by_nature",
        "balance",
        cash_by_nature,
        (
            Column("period", "period"),
            Column("nature", "word:nature_"),
            *(Column(name, unit=MILLION) for name in ("comes_in", "goes_out", "net")),
            Column("per_year", unit="million/year"),
        ),
    ),
    Sheet(
        "cash_by_budget",
        "balance",
        cash_by_budget,
        (
            Column("budget", "budget"),
            Column("period", "period"),
            *(Column(name, unit=MILLION) for name in OF_BUDGETS[2:]),
        ),
    ),
    Sheet(
        "debt_by_instrument",
        "balance",
        debt_by_instrument,
        (
            Column("instrument", "instrument"),
            Column("budget", "budget"),
            Column("period", "period"),
            *(Column(name, unit=MILLION) for name in ("opening", "raised", "repaid", "closing", "interest")),
        ),
    ),
    Sheet(
        "debt_and_cover",
        "balance",
        debt_and_cover,
        (
            Column("period", "period"),
            *(Column(name, unit=MILLION) for name in ("debt", "debt_counted")),
            Column("fiscal_resources", unit="million/year"),
            Column("debt_ratio", "share"),
            Column("grade", "word:grade_"),
            Column("debt_ratio_all", "share"),
            *(Column(name, unit="million/year") for name in ("operating_result", "balance_after_interest")),
            *(Column(name, unit="times") for name in ("cover", "cover_all")),
            *(Column(name, "share") for name in (*RATIOS[2:5], "land_dependence", *RATIOS[5:])),
        ),
    ),
)

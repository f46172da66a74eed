"""The balance sheet of the city by period, and why its net worth changes: numbers only, no words.

What is owned and owed by the budget entity, with the state-owned natural resources and the compensation fund; resources
of collectives stand beside it as a memo. Natural resources are worth what their ecosystem services are worth for good:
this is no cash, pays no debt, and has a net worth of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from zonevest.model.booked import PROJECT
from zonevest.reports.budgets import ALL, budgets
from zonevest.reports.cash_flow import A_YEAR, MILLION, SMALL, START, owners
from zonevest.reports.contents import Column, Sheet
from zonevest.reports.natural import STATE, natural_changes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from zonevest.reports.facts import Facts

    Floats = NDArray[np.float64]

COLUMNS = ["period", "side", "item", "resource", "tenure", "budget", "instrument", "value", "unit"]
ASSET, LIABILITY, NET_WORTH, MEMO, CHANGE, PHYSICAL = (
    "asset", "liability", "net_worth", "memo", "change", "physical",
)  # fmt: skip
SIDES = (ASSET, LIABILITY, NET_WORTH, MEMO, CHANGE, PHYSICAL)
OWN, RESTRICTED, NATURAL, ALL_OF_IT = "own", "restricted", "natural", "total"
"""Parts of net worth: of the budget entity, of the compensation fund, of natural resources, and all three."""
ASSETS = ("cash", "projects", "land_actions", NATURAL, "compensation_fund")
LIABILITIES = ("debt", "outside_equity")
WORTHS = (OWN, RESTRICTED, NATURAL, ALL_OF_IT)
CHANGES = (
    "opening", "operating_result", "interest", "land_sale", "receipts", "grants", "outlay_spent", "written_off",
    "fund_transfers", "fund_received", "fund_passed", "extent", "quality", "prices", "closing",
)  # fmt: skip


def balance_sheet(facts: Facts) -> pd.DataFrame:
    """What is owned, owed and worth before the first period and at the end of each, and why it changes.

    Returns
    -------
    DataFrame
        ``period`` (``start``: before the first), ``side``, ``item``, ``resource``, ``tenure``, ``budget``,
        ``instrument`` (blank where the item is of none), ``value`` and ``unit``:

        - side ``asset``: cash (by budget), projects and land_actions (operating assets, less what is written off; see
          `zonevest.model.capital`), natural (state-owned, by resource), compensation_fund (where it is no part of the
          budget entity);
        - side ``liability``: debt, outside_equity (both by instrument);
        - side ``net_worth``: own (cash and operating assets less liabilities), restricted (the compensation fund),
          natural, total. Σ assets = Σ liabilities + total;
        - side ``memo``: natural (collective, and of no stated tenure), fund_in_cash (of cash, what the compensation
          fund has received and not passed on);
        - side ``change`` (of net worth, within a period): opening; operating_result, interest, land_sale, receipts,
          grants, outlay_spent (that makes no operating asset), written_off, fund_transfers; fund_received, fund_passed;
          extent, quality, prices (of natural resources that are state-owned); closing: the sum of all that, which is
          the total net worth of that period;
        - side ``physical``: extent (ha), condition and flow (million a year) of natural resources.

        Without [finance] nobody knows opening cash and debt: cash is what has come together since the start.
    """
    table = pd.DataFrame(_rows(facts), columns=COLUMNS) if facts.plan.has_plan else pd.DataFrame(columns=COLUMNS)
    order = {name: place for place, name in enumerate([START, *facts.periods])}
    sides = {name: place for place, name in enumerate(SIDES)}
    keys = [table["side"].map(sides).to_numpy(dtype=float), table["period"].map(order).to_numpy(dtype=float)]
    return table.iloc[np.lexsort(keys)].reset_index(drop=True)


class _Rows:
    """Rows of the table as they are found."""

    def __init__(self, periods: list[str]) -> None:
        self.periods, self.rows = periods, list[tuple[Any, ...]]()

    def add(self, side: str, item: str, values: Floats, unit: str = MILLION, **key: str) -> None:
        """A value by period, the last ones of all; nothing is added for what is never more than nothing."""
        values = np.where(np.abs(values) > SMALL, values, 0.0)
        if not values.any() and side != NET_WORTH and item not in ("opening", "closing"):
            return
        names = [key.get(name, "") for name in COLUMNS[3:7]]
        periods = self.periods[-len(values) :]
        self.rows += [(period, side, item, *names, float(v), unit) for period, v in zip(periods, values, strict=True)]


def _rows(facts: Facts) -> list[tuple[Any, ...]]:
    rows, natural = _Rows([START, *facts.periods]), facts.natural
    own, restricted, worth = _cash(facts, rows), np.zeros(len(facts.periods) + 1), np.zeros(len(facts.periods) + 1)
    for name, values in operating_assets(facts).items():
        rows.add(ASSET, name, values)
        own = own + values
    for kind, instrument, values in _owed(facts):
        rows.add(LIABILITY, kind, values, instrument=instrument)
        own = own - values
    for (resource, tenure), part in natural.groupby(["resource", "tenure"], sort=False):
        values = part["asset"].fillna(0.0).to_numpy()
        key = {"resource": str(resource), "tenure": str(tenure)}
        rows.add(ASSET if tenure == STATE else MEMO, NATURAL, values, **key)
        worth = worth + (values if tenure == STATE else 0.0)
        for item, unit in (("extent", "ha"), ("condition", ""), ("flow", A_YEAR)):
            rows.add(PHYSICAL, item, part[item].fillna(0.0).to_numpy(), unit, **key)
    fund = fund_ledger(facts)
    if fund is not None:
        inside = facts.study.settings.equity.fund in facts.study.settings.purse
        rows.add(MEMO if inside else ASSET, "fund_in_cash" if inside else "compensation_fund", fund["closing"])
        restricted = np.zeros_like(worth) if inside else fund["closing"]
    for item, values in ((OWN, own), (RESTRICTED, restricted), (NATURAL, worth), (ALL_OF_IT, own + restricted + worth)):
        rows.add(NET_WORTH, item, values)
    _changes(facts, rows, (own + restricted + worth)[:-1])
    return rows.rows


def _cash(facts: Facts, rows: _Rows) -> Floats:
    """Cash by budget, and the sum of it."""
    if facts.finance is None:
        net = facts.cash.loc[facts.cash["item"] == "net", "value"].to_numpy(dtype=float)
        told = [(ALL, np.concatenate([[0.0], np.cumsum(net)]))]
    else:
        told = [
            (str(till), np.concatenate([part["opening"].to_numpy()[:1], part["closing"].to_numpy()]))
            for till, part in budgets(facts.plan, facts.books).groupby("budget", sort=False)
        ]
    for till, values in told:
        rows.add(ASSET, "cash", values, budget=till)
    return np.asarray(sum(values for _, values in told))


def operating_assets(facts: Facts) -> dict[str, Floats]:
    """What operating assets of projects and of land actions are worth, shape (1 + periods,)."""
    capital = facts.capital
    left = np.cumsum(capital.spent - capital.written_off, axis=1)
    of_project = (capital.rows["kind"] == PROJECT).to_numpy(dtype=bool)
    return {
        name: np.concatenate([[0.0], left[at].sum(axis=0)])
        for name, at in (("projects", of_project), ("land_actions", ~of_project))
    }


def _owed(facts: Facts) -> Iterator[tuple[str, str, Floats]]:
    """What is owed on each instrument: kind, instrument, value; what outside owners hold with it."""
    if facts.finance is None:
        return
    purse = facts.finance.purse
    for f, each in purse.instruments.items():
        if each.kind != "grant":
            owed = facts.finance.flow("owed", [f])
            yield "debt" if each.is_debt else "outside_equity", f, np.concatenate([[each.legacy], owed])


def fund_ledger(facts: Facts) -> dict[str, Floats] | None:
    """What the compensation fund receives less what it pays, passes on and holds; None without one.

    ``received`` and ``passed`` of each period, shape (periods,), ``closing`` from the start on, shape (1 + periods,).
    """
    fund = facts.study.settings.equity.fund
    if fund is None:
        return None
    found, accounts = facts.books.plan, facts.ledger.accounts
    at = accounts.names.get_indexer(found.rows["account"])
    money = accounts.money[at]
    part = [accounts.net((fund,), int(a), j) for a, j in zip(at, owners(found.rows), strict=True)]
    received = (np.array(part, dtype=float) * money) @ found.totals
    moved = facts.plan.fund_transfers.groupby("period")["amount"].sum().reindex(facts.periods).fillna(0.0)
    passed = moved.to_numpy(dtype=float)
    closing = np.concatenate([[0.0], np.cumsum(received - passed)])
    return {"received": received, "passed": passed, "closing": closing}


def _changes(facts: Facts, rows: _Rows, opening: Floats) -> None:
    """Opening net worth, why it changes, and closing net worth: the sum of these."""
    money, capital, finance = facts.flows, facts.capital, facts.finance
    zero = np.zeros(len(facts.periods))
    sale = money.land_sale()
    result, interest, grants, transfers = money.sum(money.annual), zero, zero, zero
    if finance is not None:
        purse, years = finance.purse, finance.years
        result = result + years * (purse.own + purse.transfers - purse.fixed)
        interest = finance.flow("interest", list(purse.instruments))
        given = [finance.raised[f] for f, each in purse.instruments.items() if each.kind == "grant"]
        grants, transfers = sum(given, zero), finance.fund_transfers()
    spent = np.asarray(capital.spent.sum(axis=0))
    items: dict[str, Floats] = {
        "operating_result": result,
        "interest": -interest,
        "land_sale": sale,
        "receipts": money.sum(~money.annual, money.revenue) - sale,
        "grants": grants,
        "outlay_spent": spent - money.outlay(),
        "written_off": -capital.written_off.sum(axis=0),
        "fund_transfers": -transfers,
    }
    fund = fund_ledger(facts)
    if fund is not None and facts.study.settings.equity.fund not in facts.study.settings.purse:
        items |= {"fund_received": fund["received"], "fund_passed": -fund["passed"]}
    moved = natural_changes(facts)
    mine = moved[moved["tenure"] == STATE].groupby("period")[["extent", "quality", "prices"]].sum()
    mine = mine.reindex(facts.periods).fillna(0.0)
    items |= {name: mine[name].to_numpy(dtype=float) for name in ("extent", "quality", "prices")}
    rows.add(CHANGE, "opening", opening)
    for item, values in items.items():
        rows.add(CHANGE, item, values)
    rows.add(CHANGE, "closing", opening + sum(items.values()))


def _sides(*sides: str) -> Any:
    """A function that gives the rows of some sides."""

    def make(facts: Facts) -> pd.DataFrame:
        table = facts.balance
        return table[table["side"].isin(sides)].reset_index(drop=True)

    return make


def _by_period(table: pd.DataFrame, periods: list[str], items: tuple[str, ...]) -> pd.DataFrame:
    """Sums of items (0 where there is nothing of one), one row for each period."""
    wide = table.pivot_table("value", "period", "item", aggfunc="sum").reindex(index=periods, columns=list(items))
    return wide.fillna(0.0).reset_index(names="period")


def balance_in_short(facts: Facts) -> pd.DataFrame:
    """The balance sheet in one row for each period (million).

    Returns
    -------
    DataFrame
        ``period`` (``start``: before the first); ``cash, projects, land_actions, natural, compensation_fund`` and their
        sum, ``assets``; ``debt, outside_equity``; ``own, restricted, natural_worth``, and ``total``, their sum: assets
        less debt and outside equity; ``collective``: the memo of natural resources that are not the state's.
    """
    table, periods = facts.balance, [START, *facts.periods]
    told = {
        side: _by_period(table[table["side"] == side], periods, items)
        for side, items in ((ASSET, ASSETS), (LIABILITY, LIABILITIES), (NET_WORTH, WORTHS), (MEMO, (NATURAL,)))
    }
    worth = told[NET_WORTH].rename(columns={NATURAL: "natural_worth"})
    return pd.DataFrame(
        {
            **{name: told[ASSET][name] for name in ("period", *ASSETS)},
            "assets": told[ASSET][list(ASSETS)].sum(axis=1),
            **{name: told[LIABILITY][name] for name in LIABILITIES},
            **{name: worth[name] for name in (OWN, RESTRICTED, "natural_worth", ALL_OF_IT)},
            "collective": told[MEMO][NATURAL],
        }
    )


def net_worth_changes(facts: Facts) -> pd.DataFrame:
    """Why net worth changes, one row for each period (million): ``period``, opening, what adds to it, closing."""
    table = facts.balance
    return _by_period(table[table["side"] == CHANGE], facts.periods, CHANGES)


def written_off(facts: Facts) -> pd.DataFrame:
    """Operating assets by undertaking and period.

    Returns
    -------
    DataFrame
        ``practice, project, start, life`` (years, NaN: for good), ``period``, and in million ``opening`` + ``spent`` -
        ``written_off`` = ``closing``.
    """
    capital, periods = facts.capital, facts.periods
    keys = ["kind", "source", "start", "life"]
    group = capital.rows.groupby(keys, dropna=False, sort=False).ngroup().to_numpy()
    own = capital.rows[keys].drop_duplicates().reset_index(drop=True)
    sums = np.zeros((2, len(own), len(periods)))
    np.add.at(sums[0], group, capital.spent)
    np.add.at(sums[1], group, capital.written_off)
    closing = np.cumsum(sums[0] - sums[1], axis=1)
    opening = closing - sums[0] + sums[1]
    place = {name: at for at, name in enumerate(periods)}
    order = np.lexsort([own["start"].map(place).to_numpy(dtype=float), own["source"], own["kind"]])
    table = own.iloc[np.repeat(order, len(periods))].reset_index(drop=True)
    of_project = table["kind"] == PROJECT
    amounts = {"opening": opening, "spent": sums[0], "written_off": sums[1], "closing": closing}
    amounts = {name: np.where(np.abs(each) > SMALL, each, 0.0)[order].ravel() for name, each in amounts.items()}
    table = pd.DataFrame(
        {
            "practice": table["source"].where(~of_project, ""),
            "project": table["source"].where(of_project, ""),
            "start": table["start"],
            "life": table["life"],
            "period": np.tile(np.array(periods, dtype=object), len(own)),
            **amounts,
        }
    )
    return table[(table[list(amounts)] != 0.0).any(axis=1)].reset_index(drop=True)


def compensation_fund(facts: Facts) -> pd.DataFrame:
    """The compensation fund: ``period, opening, fund_received`` (less what it pays), ``passed, closing``; million."""
    fund = fund_ledger(facts)
    if fund is None:
        return pd.DataFrame({name: [] for name in ("period", "opening", "fund_received", "passed", "closing")})
    return pd.DataFrame(
        {
            "period": facts.periods,
            "opening": fund["closing"][:-1],
            "fund_received": fund["received"],
            "passed": fund["passed"],
            "closing": fund["closing"][1:],
        }
    )


_KEY = (
    Column("period", "period"),
    Column("side", "word:side_"),
    Column("item", "word:balance_"),
    Column("resource", "word:resource_"),
    Column("tenure", "word:tenure_"),
    Column("budget", "budget"),
    Column("instrument", "instrument"),
)
SHEETS = (
    Sheet(
        "balance_in_short",
        "balance",
        balance_in_short,
        (
            Column("period", "period"),
            *(
                Column(name, unit="million")
                for name in (*ASSETS, "assets", *LIABILITIES, OWN, RESTRICTED, "natural_worth", ALL_OF_IT, "collective")
            ),
        ),
    ),
    Sheet(
        "balance_sheet",
        "balance",
        _sides(ASSET, LIABILITY, NET_WORTH, MEMO),
        (*_KEY, Column("value", unit="@unit"), Column("unit", "unit")),
    ),
    Sheet(
        "net_worth_changes",
        "balance",
        net_worth_changes,
        (Column("period", "period"), *(Column(name, unit="million") for name in CHANGES)),
    ),
    Sheet(
        "operating_assets",
        "balance",
        written_off,
        (
            Column("practice", "practice"),
            Column("project", "project"),
            Column("start", "period"),
            Column("life", "number", "years"),
            Column("period", "period"),
            *(Column(name, unit="million") for name in ("opening", "spent", "written_off", "closing")),
        ),
    ),
    Sheet(
        "compensation_fund",
        "balance",
        compensation_fund,
        (
            Column("period", "period"),
            *(Column(name, unit="million") for name in ("opening", "fund_received", "passed", "closing")),
        ),
    ),
)

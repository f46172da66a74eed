"""Resource, asset, capital, fund and resource again: the money of the budget entity on its way. Numbers only, no words.

Every account names the step at which its money flows (column ``circulation`` of accounts); where it is blank the rules
of `step_of` say it. What is received on a step X -> Y is paid to X, goes on to Y, and from there into the
fund, which is the cash of all budgets. What is spent on a step is paid by the fund into the node that it works on: that
from which the step begins, and the resource where the fund itself begins it; from there recurring cost goes out to who
is paid, and what is laid out once is kept in the node.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from zonevest.model.appraisal import RESTORATION
from zonevest.model.booked import LAND, PROJECT
from zonevest.reports.cash_flow import A_YEAR, MILLION, PERCENT, SMALL
from zonevest.reports.cash_tables import NATURE, ONCE, RECURRING
from zonevest.reports.contents import Column, Sheet

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.reports.facts import Facts

    Floats = NDArray[np.float64]

RESOURCE, ASSET, CAPITAL, FUND = NODES = ("resource", "asset", "capital", "fund")
PAYERS, ABOVE, LENDERS, PAYEES, BEFORE, AFTER = "payers", "above", "lenders", "payees", "cash_before", "cash_after"
KEPT = "kept_in_"
"""First word of the node in which what is laid out once stays."""
LOOP: Final = ("resource_asset", "asset_capital", "capital_fund", "fund_resource")
"""The four steps of the circulation; ``resource_fund`` is the short way from the resource into the fund."""
STEPS_OF: Final = {
    "project.revenue": "capital_fund",
    "project.cost": "capital_fund",
    "project.capex": "asset_capital",
}
"""Steps of accounts that name none; of restoring projects all of them are between fund and resource."""
ROLES: Final = {
    "land_sale": "resource_asset",
    "land_cost": "fund_resource",
    "resource_income": "resource_fund",
    "restoration": "fund_resource",
}
"""Steps of accounts that name none, by their role."""
FIRST, SECOND, THIRD, OTHER = CIRCULATIONS = ("first", "second", "third", "none")
COLUMNS = [
    "kind", "period", "from", "to", "step", "item", "account", "instrument", "nature", "circulation", "value", "unit",
]  # fmt: skip

FLOW = ("period", "from", "to", "step", "item", "account", "instrument", "nature", "circulation", "value")


@dataclass(frozen=True)
class _Item:
    """A row of the cash flow: what it is of, its step, nature and circulation, and the amount in each period."""

    item: str
    received: bool
    step: str
    nature: str
    circulation: str
    amount: Floats
    account: str = ""
    instrument: str = ""


def circulation(facts: Facts) -> pd.DataFrame:
    """The circulation of money, in one table.

    Returns
    -------
    DataFrame
        ``kind, period, from, to, step, item, account, instrument, nature`` (recurring, one_off, financing),
        ``circulation`` (first, second, third, none), ``value`` and ``unit``:

        - kind ``flow``: money from a node to another (a negative amount runs the other way). Nodes are resource, asset,
          capital, fund; payers, above (budgets above the city), lenders, payees; kept_in_<node> and cash_before,
          cash_after. What enters a node of the first four leaves it or is kept in it;
        - kind ``node``: of each (``from``) what ``enters, leaves`` and is ``kept``;
        - kind ``money``: what flows in each circulation: first, second, third, none;
        - kind ``share``: per cent of the first three together;
        - kind ``loop``: money on each of the four steps (received or spent; debt service and refinancing left out);
          reinvestment (restoration outlay as per cent of resource income of the period) and reinvestment_to_date (to
          date, of resource income above doing nothing, as the row ``reinvestment_min`` counts it); recurring_net (a
          year, after interest); closed (1: all four steps have money and the recurring net is not below 0).
    """
    if not facts.plan.has_plan:
        return pd.DataFrame(columns=COLUMNS)
    items = _items(facts)
    flows = _flows(facts, items)
    table = pd.concat([flows, _nodes(flows), _money(facts, items), _loop(facts, items)], ignore_index=True)
    order = {name: place for place, name in enumerate(facts.periods)}
    kinds = {name: place for place, name in enumerate(("flow", "node", "money", "share", "loop"))}
    at = np.lexsort([table["period"].map(order).to_numpy(dtype=float), table["kind"].map(kinds).to_numpy(dtype=float)])
    return table.iloc[at].reindex(columns=COLUMNS).reset_index(drop=True)


def step_of(account: str, role: str, restores: bool, received: bool) -> str:
    """The step of an account that names none; ``""``: it is on none."""
    if account in STEPS_OF and restores:
        return "resource_fund" if received else "fund_resource"
    if account.startswith("quota."):
        return "resource_asset"
    return STEPS_OF.get(account) or ROLES.get(role, "")


def _items(facts: Facts) -> list[_Item]:
    """Everything that comes to the budget entity and leaves it."""
    money, accounts = facts.flows, facts.ledger.accounts
    marked = dict(zip(facts.study.accounts["account"], facts.study.accounts["circulation"], strict=True))
    route = dict(zip(facts.study.accounts["account"], facts.study.accounts["route"], strict=True))
    sides, mending, raw = money.both_ways(), _restores(facts), _undeveloped(facts)
    roles = accounts.role[money.at]
    sums: dict[tuple[str, bool, str, str, str, str], Floats] = {}
    rows = zip(money.rows["kind"], money.rows["source"], money.rows["account"], strict=True)
    for row, (kind, source, account) in enumerate(rows):
        role, annual = str(roles[row]), bool(money.annual[row])
        for received, amounts in zip((True, False), sides, strict=True):
            if not np.any(np.abs(amounts[row]) > SMALL):
                continue
            step = marked.get(account) or step_of(account, role, kind == PROJECT and source in mending, received)
            sold_raw = kind == LAND and source in raw and role == "land_sale"
            of = _circulation(step, role, str(route.get(account, "")), annual, sold_raw) if received else OTHER
            item = "land_sale" if role == "land_sale" and received and not annual else ""
            item = item or ("revenue" if annual else "receipts") * received
            item = item or ("operating_cost" if annual else "outlay")
            key = (item, received, step, RECURRING if annual else ONCE, of, account)
            sums[key] = sums.get(key, 0.0) + amounts[row]
    found = [
        _Item(item, received, step, nature, of, amount, account)
        for (item, received, step, nature, of, account), amount in sums.items()
    ]
    return found + _financing(facts)


def _restores(facts: Facts) -> set[str]:
    """The projects that restore."""
    projects = facts.study.projects
    mends = (projects["restoration"].astype(bool) | (projects["category"] == RESTORATION)).to_numpy()
    return set(projects.loc[mends, "project"])


def _undeveloped(facts: Facts) -> set[str]:
    """The practices that lay out nothing once but the cost of land: what they sell is sold as it is."""
    rows, accounts = facts.books.plan.rows, facts.ledger.accounts
    at = accounts.names.get_indexer(rows["account"])
    laid = accounts.money[at] & (accounts.family[at] == "cost") & (accounts.recurrence[at] == "one_off")
    laid &= (accounts.role[at] != "land_cost") & (rows["kind"] == LAND).to_numpy()
    return set(facts.study.practices["practice"]) - set(rows.loc[laid, "source"])


def _circulation(step: str, role: str, route: str, annual: bool, sold_raw: bool) -> str:
    """In which circulation money flows that is received on an account.

    First: resources that are sold as they are, and land that is sold without development. Second: what else comes once
    (and what is raised). Third: what recurs. Compensation that is paid once from above is in none.
    """
    if sold_raw or (role == "resource_income" and step == "resource_fund"):
        return FIRST
    if annual:
        return THIRD
    return OTHER if route == "compensation" else SECOND


def _financing(facts: Facts) -> list[_Item]:
    """What [finance] brings beside the ledger, and what is lent and paid back."""
    finance = facts.finance
    if finance is None:
        return []
    purse, years = finance.purse, finance.years
    found = [
        _Item("own_revenue", True, "", RECURRING, THIRD, purse.own * years),
        _Item("transfers", True, "", RECURRING, OTHER, purse.transfers * years),
        _Item("fixed_cost", False, "", RECURRING, OTHER, purse.fixed * years),
        _Item("fund_transfers", False, "fund_resource", ONCE, OTHER, finance.fund_transfers()),
    ]
    for f, each in purse.instruments.items():
        item, grant = "refinanced" if each.refinances else "raised", each.kind == "grant"
        step, of = "" if grant else "asset_capital", OTHER if grant or each.refinances else SECOND
        found.append(_Item(item, True, step, NATURE[item], of, finance.raised[f], instrument=f))
        for which in ("repaid", "interest"):
            amount = finance.flow(which, [f])
            found.append(_Item(which, False, step, NATURE[which], OTHER, amount, instrument=f))
    return [each for each in found if np.any(np.abs(each.amount) > SMALL)]


def _path(each: _Item) -> tuple[str, ...]:
    """The nodes through which an item flows, one after the other."""
    start, _, end = each.step.partition("_")
    if each.instrument and each.step:
        return (LENDERS, CAPITAL, FUND) if each.received else (FUND, CAPITAL, LENDERS)
    if not each.step:
        outer = PAYERS if each.account or each.item == "own_revenue" else ABOVE
        return (outer, FUND) if each.received else (FUND, PAYEES)
    if each.received:
        first, then = (RESOURCE, FUND) if start == FUND else (start, end)
        return (PAYERS, first, then) if then == FUND else (PAYERS, first, then, FUND)
    node = end if start == FUND else start
    spent_once = each.nature == ONCE and each.item != "fund_transfers"
    return FUND, node, KEPT + node if spent_once else PAYEES


def _flows(facts: Facts, items: list[_Item]) -> pd.DataFrame:
    """Money from node to node; opening and closing cash at the fund."""
    rows: list[tuple[Any, ...]] = []

    def put(period: str, places: tuple[str, str], each: _Item, value: float) -> None:
        if abs(value) > SMALL:
            here, there = places if value > 0 else places[::-1]
            key = (each.step, each.item, each.account, each.instrument, each.nature, each.circulation)
            rows.append(("flow", period, here, there, *key, abs(value), MILLION))

    for each in items:
        path = _path(each)
        for period, value in zip(facts.periods, each.amount.tolist(), strict=True):
            for places in pairwise(path):
                put(period, places, each, value)
    for item, places in (("opening_cash", (BEFORE, FUND)), ("closing_cash", (FUND, AFTER)), ("net", (FUND, AFTER))):
        told = facts.cash[facts.cash["item"] == item]
        cash = _Item(item, item == "opening_cash", "", "stock", OTHER, np.zeros(0))
        for period, value in zip(told["period"], told["value"].astype(float), strict=True):
            put(str(period), places, cash, value)
    return pd.DataFrame(rows, columns=COLUMNS)


def _nodes(flows: pd.DataFrame) -> pd.DataFrame:
    """What enters each of the four nodes, leaves it and is kept in it, by period."""
    stays = flows["to"].str.startswith(KEPT) | (flows["to"] == AFTER)
    parts = []
    for item, side, part in (
        ("enters", "to", flows),
        ("leaves", "from", flows[~stays]),
        ("kept", "from", flows[stays]),
    ):
        sums = part[part[side].isin(NODES)].groupby(["period", side], sort=False)["value"].sum().reset_index()
        sums.columns = pd.Index(["period", "from", "value"])
        parts.append(sums.assign(kind="node", item=item, unit=MILLION))
    rank = {name: place for place, name in enumerate(NODES)}
    table = pd.concat(parts, ignore_index=True)
    blank = dict.fromkeys(("to", "step", "account", "instrument", "nature", "circulation"), "")
    return table.iloc[np.argsort(table["from"].map(rank).to_numpy(dtype=float), kind="stable")].assign(**blank)


def _money(facts: Facts, items: list[_Item]) -> pd.DataFrame:
    """Money in the three circulations, and their shares; what is put into restoration is of the third."""
    sums = {name: np.zeros(len(facts.periods)) for name in CIRCULATIONS}
    for each in items:
        if each.received:
            sums[each.circulation] = sums[each.circulation] + each.amount
    sums[THIRD] = sums[THIRD] + facts.flows.restoration()
    whole = sum(sums[name] for name in CIRCULATIONS[:3])
    rows = []
    for name, amounts in sums.items():
        rows += [("money", period, name, value, MILLION) for period, value in zip(facts.periods, amounts, strict=True)]
        if name != OTHER:
            parts = zip(facts.periods, amounts, np.asarray(whole), strict=True)
            rows += [("share", t, name, 100.0 * value / all_, PERCENT) for t, value, all_ in parts if all_ > SMALL]
    return _short(rows).assign(circulation=lambda table: table["item"])


def _loop(facts: Facts, items: list[_Item]) -> pd.DataFrame:
    """Money on each step, what is put back, and whether the loop closes."""
    zero = np.zeros(len(facts.periods))
    counted = [each for each in items if each.item not in ("refinanced", "repaid", "interest")]
    money = {step: sum((np.abs(each.amount) for each in counted if each.step == step), zero) for step in LOOP}
    balance = facts.cash[facts.cash["item"] == "balance_after_interest"].set_index("period")["value"]
    years = np.array([float(period.years) for period in facts.study.periods])
    net = facts.flows.sum(facts.flows.annual) / years
    if len(balance):
        net = balance.reindex(facts.periods).to_numpy(dtype=float)
    closed = np.all([amounts > SMALL for amounts in money.values()], axis=0) & (net >= -SMALL)
    rows: list[tuple[Any, ...]] = []

    def add(item: str, values: Floats, unit: str) -> None:
        pairs = zip(facts.periods, np.asarray(values, dtype=float).tolist(), strict=True)
        rows.extend(("loop", t, item, value, unit) for t, value in pairs if not np.isnan(value))

    for step, amounts in money.items():
        add(step, amounts, MILLION)
    for item, values in reinvestment(facts).items():
        add(item, values, PERCENT)
    add("recurring_net", net, A_YEAR)
    add("closed", closed.astype(float), "")
    return _short(rows)


def reinvestment(facts: Facts) -> dict[str, Floats]:
    """Restoration outlay as per cent of resource income: of each period, and to date of what is above doing nothing.

    NaN where there is no such income.
    """
    money, accounts, nothing = facts.flows, facts.ledger.accounts, facts.books.nothing
    spent = money.restoration()
    income = money.sum(money.revenue, accounts.role[money.at] == "resource_income")
    at = accounts.names.get_indexer(nothing.rows["account"])
    is_income = accounts.money[at] & (accounts.family[at] == "revenue") & (accounts.role[at] == "resource_income")
    part = np.array([accounts.net(accounts.purse, int(a)) for a in at], dtype=float)
    above = np.cumsum(income - (part * is_income) @ nothing.totals)

    def of(part: Floats, whole: Floats) -> Floats:
        there = whole > SMALL
        return np.where(there, 100.0 * part / np.where(there, whole, 1.0), np.nan)

    return {"reinvestment": of(spent, income), "reinvestment_to_date": of(np.cumsum(spent), above)}


def _short(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    """Rows of kind, period, item, value and unit in all columns."""
    table = pd.DataFrame(rows, columns=["kind", "period", "item", "value", "unit"])
    return table.assign(**{name: "" for name in COLUMNS if name not in table})[COLUMNS]


def _kind(kind: str, *columns: str) -> Any:
    """A function that gives the rows of a kind, in some columns."""

    def make(facts: Facts) -> pd.DataFrame:
        table = facts.circulation
        return table.loc[table["kind"] == kind, list(columns)].reset_index(drop=True)

    return make


def nodes(facts: Facts) -> pd.DataFrame:
    """Node balances: ``period, node, enters, leaves, stays`` (million); what enters leaves or stays."""
    table = facts.circulation
    table = table[table["kind"] == "node"]
    wide = table.pivot_table(index=["period", "from"], columns="item", values="value")
    keys = pd.MultiIndex.from_product([facts.periods, NODES], names=["period", "node"])
    wide = wide.reindex(index=keys, columns=["enters", "leaves", "kept"]).fillna(0.0).reset_index()
    return wide.rename(columns={"kept": "stays"})


def shares(facts: Facts) -> pd.DataFrame:
    """``period, circulation, amount`` (million) and ``share`` of the first three together."""
    table = facts.circulation
    amounts = table[table["kind"] == "money"].set_index(["period", "circulation"])["value"]
    percent = table[table["kind"] == "share"].set_index(["period", "circulation"])["value"] / 100.0
    found = pd.DataFrame({"amount": amounts, "share": percent.reindex(amounts.index)})
    return found.reset_index().sort_values("period", key=lambda names: names.map(facts.periods.index), kind="stable")


def loop(facts: Facts) -> pd.DataFrame:
    """The loop by period: money on each step (million), reinvestment (shares), recurring net (a year), and closed."""
    table = facts.circulation
    wide = table[table["kind"] == "loop"].pivot_table(index="period", columns="item", values="value")
    wide = wide.reindex(
        index=facts.periods, columns=[*LOOP, "reinvestment", "reinvestment_to_date", "recurring_net", "closed"]
    )
    wide[["reinvestment", "reinvestment_to_date"]] /= 100.0
    return wide.assign(closed=wide["closed"] > 0.5).reset_index(names="period")


SHEETS = (
    Sheet(
        "circulation",
        "circulation",
        _kind(
            "flow", "period", "from", "to", "step", "item", "account", "instrument", "nature", "circulation", "value"
        ),
        (
            Column("period", "period"),
            Column("from", "word:node_"),
            Column("to", "word:node_"),
            Column("step", "word:step_"),
            Column("item", "word:item_"),
            Column("account", "money_item"),
            Column("instrument", "instrument"),
            Column("nature", "word:nature_"),
            Column("circulation", "word:circulation_"),
            Column("value", unit="million"),
        ),
    ),
    Sheet(
        "circulation_nodes",
        "circulation",
        nodes,
        (
            Column("period", "period"),
            Column("node", "word:node_"),
            *(Column(name, unit="million") for name in ("enters", "leaves", "stays")),
        ),
    ),
    Sheet(
        "circulation_shares",
        "circulation",
        shares,
        (
            Column("period", "period"),
            Column("circulation", "word:circulation_"),
            Column("amount", unit="million"),
            Column("share", "share"),
        ),
    ),
    Sheet(
        "circulation_loop",
        "circulation",
        loop,
        (
            Column("period", "period"),
            *(Column(step, unit="million") for step in LOOP),
            Column("reinvestment", "share"),
            Column("reinvestment_to_date", "share"),
            Column("recurring_net", unit="million/year"),
            Column("closed", "yes"),
        ),
    ),
)

"""What must hold for quotas and their grants."""

from __future__ import annotations

from zonevest.instances.checks_limits import named_accounts
from zonevest.instances.context import Context, given
from zonevest.instances.faults import some
from zonevest.instances.rules import rule
from zonevest.instances.say import say
from zonevest.instances.tables import Typed

MARKS = (".", "/", ";")
"""What names of accounts and lists part words by: no quota and no instrument is named with it."""


def check_quotas(study: Context) -> None:
    """What a quota counts are flows, what is traded has a price and a cap, and what is granted has a place."""
    quotas = study.rows("quotas")
    if quotas is None:
        return
    check_marks(study, quotas, "quota")
    for column in ("account_used", "account_generated"):
        if column not in quotas.broken:
            _counted(study, quotas, column)
    if not quotas.broken & {"account_used", "account_generated"}:
        used, generated = quotas.text("account_used"), quotas.text("account_generated")
        at = [i for i in range(quotas.size) if not used[i] and not generated[i]]
        must = rule("quotas.counts")
        study.tell(quotas, at, "account_used", must)
    _trade(study, quotas)
    _later(study, quotas)
    _places(study, quotas)


def check_marks(study: Context, table: Typed, column: str) -> None:
    """Names after which accounts are called have no dot, slash or semicolon."""
    if column not in table.broken:
        at = [i for i, name in enumerate(table.text(column)) if any(mark in name for mark in MARKS)]
        must = rule("quotas.marks", column=column, marks=" ".join(MARKS))
        study.tell(table, at, column, must)


def _counted(study: Context, quotas: Typed, column: str) -> None:
    """A quota counts flows of land and projects by place: no stock, no present value, no trade, no finance by place."""
    cells = quotas.text(column)
    named_accounts(study, quotas, column, cells)
    measure = study.accounts.measure
    at = [i for i, cell in enumerate(cells) if cell and measure(cell) == "stock"]
    must = rule("quotas.stock", column=column)
    study.tell(quotas, at, column, must)
    at = [i for i, cell in enumerate(cells) if cell.startswith(("gain.", "quota.")) and measure(cell)]
    must = rule("quotas.gain", column=column)
    study.tell(quotas, at, column, must)
    if "movable" not in quotas.broken:
        still = [i for i, cell in enumerate(cells) if cell.startswith("finance.") and measure(cell)]
        still = [i for i in still if not quotas.flag("movable")[i]]
        must = rule("quotas.finance")
        study.tell(quotas, still, column, must)


def _trade(study: Context, quotas: Typed) -> None:
    everyone = range(quotas.size)
    for side in ("buy", "sell"):
        columns = f"{side}_price", f"{side}_max"
        if quotas.broken & set(columns):
            continue
        price, most = (given(quotas, column) for column in columns)
        must = rule("columns.together", columns=some(columns))
        study.tell(quotas, [i for i in everyone if most[i] and not price[i]], columns[0], must)
        study.tell(quotas, [i for i in everyone if price[i] and not most[i]], columns[1], must)
    if not quotas.broken & {"sell_price", "sell_max", "account_generated"}:
        sold = given(quotas, "sell_price")
        at = [i for i in everyone if sold[i] and not quotas.text("account_generated")[i]]
        must = rule("quotas.sold")
        study.tell(quotas, at, "sell_price", must)


def _later(study: Context, quotas: Typed) -> None:
    """Only what is generated becomes available later."""
    if quotas.broken & {"available_after", "account_generated"}:
        return
    after, generated = quotas.number("available_after"), quotas.text("account_generated")
    at = [i for i in range(quotas.size) if after[i] > 0 and not generated[i]]
    must = rule("columns.needs", column="available_after", needs="account_generated")
    study.tell(quotas, at, "available_after", must)


def _places(study: Context, quotas: Typed) -> None:
    """What does not move is granted to jurisdictions, and every parcel is in one."""
    if quotas.broken & {"quota", "movable"} or study.jurisdictions is None:
        return
    still = [i for i, movable in enumerate(quotas.flag("movable").tolist()) if not movable]
    for column in ("granted", "opening"):
        if column not in quotas.broken:
            at = [i for i in still if quotas.number(column)[i] > 0]
            must = rule("quotas.grants")
            study.tell(quotas, at, column, must)
    parcels = study.rows("parcels")
    if not still or not study.readable("parcels", "jurisdiction"):
        return
    blank = [i for i, name in enumerate(parcels.text("jurisdiction")) if not name] if parcels is not None else []
    if blank or not study.jurisdictions:
        found = say("no jurisdiction")
        if blank and parcels is not None:
            found = say("no jurisdiction: {parcels}", parcels=some(parcels.ids(blank)))
        must = rule("quotas.parcels")
        study.faults.add(quotas.where(still, "movable"), must, found)

"""What must hold for quotas and their grants."""

from __future__ import annotations

from zonevest.instances.checks_limits import named_accounts
from zonevest.instances.context import Context, given
from zonevest.instances.faults import some
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
        must, do = say("a quota counts what is used, what is generated, or both"), say("fill in account_used")
        study.tell(quotas, at, "account_used", must, do)
    _trade(study, quotas)
    _later(study, quotas)
    _places(study, quotas)


def check_marks(study: Context, table: Typed, column: str) -> None:
    """Names after which accounts are called have no dot, slash or semicolon."""
    if column not in table.broken:
        at = [i for i, name in enumerate(table.text(column)) if any(mark in name for mark in MARKS)]
        must = say("{column} is without {marks}: accounts are named after it", column=column, marks=" ".join(MARKS))
        study.tell(table, at, column, must, say("rename it"))


def _counted(study: Context, quotas: Typed, column: str) -> None:
    """A quota counts flows of land and projects by place: no stock, no present value, no trade, no finance by place."""
    cells = quotas.text(column)
    named_accounts(study, quotas, column, cells)
    measure = study.accounts.measure
    at = [i for i, cell in enumerate(cells) if cell and measure(cell) == "stock"]
    must = say("{column} is an annual or a one_off account: a quota counts what is used and generated", column=column)
    study.tell(quotas, at, column, must, say("name the account of the change, as area.new_construction"))
    at = [i for i, cell in enumerate(cells) if cell.startswith(("gain.", "quota.")) and measure(cell)]
    must = say("{column} is no account of gains or of trade: nothing is used or generated there", column=column)
    study.tell(quotas, at, column, must, say("name another account"))
    if "movable" not in quotas.broken:
        still = [i for i, cell in enumerate(cells) if cell.startswith("finance.") and measure(cell)]
        still = [i for i in still if not quotas.flag("movable")[i]]
        must = say("finance is of the budget entity as a whole: a quota that counts it has movable = 1")
        study.tell(quotas, still, column, must, say("set movable = 1"))


def _trade(study: Context, quotas: Typed) -> None:
    everyone = range(quotas.size)
    for side in ("buy", "sell"):
        columns = f"{side}_price", f"{side}_max"
        if quotas.broken & set(columns):
            continue
        price, most = (given(quotas, column) for column in columns)
        must = say("{columns} come together", columns=some(columns))
        do = say("fill in all of them, or none")
        study.tell(quotas, [i for i in everyone if most[i] and not price[i]], columns[0], must, do)
        study.tell(quotas, [i for i in everyone if price[i] and not most[i]], columns[1], must, do)
    if not quotas.broken & {"sell_price", "sell_max", "account_generated"}:
        sold = given(quotas, "sell_price")
        at = [i for i in everyone if sold[i] and not quotas.text("account_generated")[i]]
        must = say("what is sold has been generated: a quota with sell_price has account_generated")
        do = say("fill in account_generated, or leave sell_price and sell_max blank")
        study.tell(quotas, at, "sell_price", must, do)


def _later(study: Context, quotas: Typed) -> None:
    """Only what is generated becomes available later."""
    if quotas.broken & {"available_after", "account_generated"}:
        return
    after, generated = quotas.number("available_after"), quotas.text("account_generated")
    at = [i for i in range(quotas.size) if after[i] > 0 and not generated[i]]
    must = say("{column} goes with {needs}", column="available_after", needs="account_generated")
    do = say("fill in {needs}, or leave {column} blank", column="available_after", needs="account_generated")
    study.tell(quotas, at, "available_after", must, do)


def _places(study: Context, quotas: Typed) -> None:
    """What does not move is granted to jurisdictions, and every parcel is in one."""
    if quotas.broken & {"quota", "movable"} or study.jurisdictions is None:
        return
    still = [i for i, movable in enumerate(quotas.flag("movable").tolist()) if not movable]
    for column in ("granted", "opening"):
        if column not in quotas.broken:
            at = [i for i in still if quotas.number(column)[i] > 0]
            must = say("a quota that does not move between jurisdictions is granted to each of them, in quota_grants")
            study.tell(quotas, at, column, must, say("move it to quota_grants, or set movable = 1"))
    parcels = study.rows("parcels")
    if not still or not study.readable("parcels", "jurisdiction"):
        return
    blank = [i for i, name in enumerate(parcels.text("jurisdiction")) if not name] if parcels is not None else []
    if blank or not study.jurisdictions:
        found = say("no jurisdiction")
        if blank and parcels is not None:
            found = say("no jurisdiction: {parcels}", parcels=some(parcels.ids(blank)))
        must = say("a quota that does not move between jurisdictions needs every parcel in one")
        do = say("fill in the column jurisdiction of parcels, or set movable = 1")
        study.faults.add(quotas.where(still, "movable"), must, found, do)

"""What must hold for budgets: the table, what is passed on and set aside, and the rows that name one."""

from __future__ import annotations

from zonevest.instances.checks_quotas import check_marks
from zonevest.instances.context import Context, advise
from zonevest.instances.faults import choice, some
from zonevest.instances.say import say
from zonevest.instances.schema import BUDGETS
from zonevest.instances.tables import NO_ROW, Typed

OF_FINANCE = ("budgets", "budget_transfers", "set_asides")
"""Tables that part the cash that [finance] counts."""
NAMING = ("accounts", "instruments", "projects")
"""Tables that name a budget where there need not be a table of them."""
SLACK = 1e-6
"""By how much shares may pass 1."""


def check_budgets(study: Context) -> None:
    """Budgets part the cash of [finance]; who names one names a row, or without the table one of three names."""
    budgets = study.rows("budgets")
    if study.settings is not None and study.settings.finance is None:
        for name in OF_FINANCE:
            must = say("the table {table} goes with [finance]: it parts the cash that is counted there", table=name)
            do = say("add [finance], or leave the table out")
            if (parted := study.rows(name)) is not None:
                study.faults.add(parted.label, must, say("no {key}", key="[finance]"), do)
    if budgets is not None:
        check_marks(study, budgets, "budget")
        _opening(study, budgets)
    for name in NAMING:
        if (table := study.rows(name)) is not None and "budget" not in table.broken and study.readable("budgets"):
            _named(study, table)
    _transfers(study)
    _set_asides(study)


def _opening(study: Context, budgets: Typed) -> None:
    """What the main budget holds before the first period is stated once."""
    finance = None if study.settings is None else study.settings.finance
    cash = budgets.number("opening_cash")[0]
    if finance is not None and finance.opening_cash != 0 and cash == cash:
        must = say("what the main budget, the first row, holds at the start is stated once: there or in [finance]")
        found = f"{cash:g}, finance.opening_cash = {finance.opening_cash:g}"
        study.faults.add(budgets.where(0, "opening_cash"), must, found, say("leave one of the two out"))


def _named(study: Context, table: Typed) -> None:
    """The budgets that a table names are there; default rows name some too."""
    cells, names = table.text("budget"), list(study.ids("budgets") or ())
    if not names and table.table.name == "projects":
        at = [i for i, cell in enumerate(cells) if cell]
        must = say("{column} goes with {needs}", column="budget", needs="budgets")
        do = say("fill in {needs}, or leave {column} blank", column="budget", needs="budgets")
        study.tell(table, at, "budget", must, do)
        return
    must = say("{column} names {what}", column="budget", what=say("a row of {table}", table="budgets"))
    do = say("correct the name, or add the row it means")
    if not names:
        must, do = say("{column} is {choices}", column="budget", choices=choice(BUDGETS)), say("use one of these")
    strange = [i for i, cell in enumerate(cells) if cell and cell not in (names or BUDGETS)]
    own = [i for i in strange if table.rows[i] != NO_ROW]
    study.tell(table, own, "budget", must, advise({cells[i] for i in own}, names or BUDGETS, do))
    must = say("the table budgets has the budgets that default rows name")
    do = say("add these budgets, or replace the rows that name them")
    study.tell(table, [i for i in strange if table.rows[i] == NO_ROW], "budget", must, do)


def _transfers(study: Context) -> None:
    """What is passed on goes to another budget."""
    table = study.rows("budget_transfers")
    if table is not None and not table.broken & {"from", "to"}:
        to = table.text("to")
        at = [i for i, name in enumerate(table.text("from")) if name and name == to[i]]
        study.tell(table, at, "to", say("a transfer goes from one budget to another"), say("correct one of the two"))


def _set_asides(study: Context) -> None:
    """Cash that comes in is set aside, no more of it than all."""
    table, accounts = study.rows("set_asides"), study.tables["accounts"]
    if table is None or "account" in table.broken or accounts.broken & {"account", "family", "cash"}:
        return
    of = {name: i for i, name in enumerate(accounts.text("account"))}
    family, cash, names = accounts.text("family"), accounts.flag("cash"), table.text("account")

    def kind(i: int) -> str:
        row = of[names[i]]
        return f"{names[i]}: {family[row]}, cash = {int(cash[row])}"

    at = [i for i, name in enumerate(names) if name in of and not (family[of[name]] == "revenue" and cash[of[name]])]
    must = say("what is set aside comes in as cash: account is of family revenue, with cash = 1")
    study.tell(table, at, "account", must, say("name another account"), kind)
    if "share" in table.broken:
        return
    rows: dict[str, list[int]] = {}
    for i, name in enumerate(names):
        rows.setdefault(name, []).append(i)
    sums = {name: float(table.number("share")[at].sum()) for name, at in rows.items()}
    over = [name for name, total in sums.items() if total > 1 + SLACK]
    if over:
        must, found = (
            say("shares set aside of an account sum to 1 at most"),
            (f"{name}: {sums[name]:.6g}" for name in over),
        )
        at = [i for name in over for i in rows[name]]
        study.faults.add(table.where(at, "share"), must, some(found), say("lower some of them"))

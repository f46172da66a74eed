"""What must hold for budgets: the table, what is passed on and set aside, and the rows that name one."""

from __future__ import annotations

from zonevest.instances.checks_quotas import check_marks
from zonevest.instances.context import Context, advise
from zonevest.instances.faults import choice, some
from zonevest.instances.rules import rule
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
            must = rule("budgets.finance", table=name)
            if (parted := study.rows(name)) is not None:
                study.faults.add(parted.label, must, say("no {key}", key="[finance]"))
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
        must = rule("budgets.opening")
        found = f"{cash:g}, finance.opening_cash = {finance.opening_cash:g}"
        study.faults.add(budgets.where(0, "opening_cash"), must, found)


def _named(study: Context, table: Typed) -> None:
    """The budgets that a table names are there; default rows name some too."""
    cells, names = table.text("budget"), list(study.ids("budgets") or ())
    if not names and table.table.name == "projects":
        at = [i for i, cell in enumerate(cells) if cell]
        must = rule("columns.needs", column="budget", needs="budgets")
        study.tell(table, at, "budget", must)
        return
    must = rule("names.row", column="budget", what=say("a row of {table}", table="budgets"))
    if not names:
        must = rule("budgets.choice", column="budget", choices=choice(BUDGETS))
    strange = [i for i, cell in enumerate(cells) if cell and cell not in (names or BUDGETS)]
    own = [i for i in strange if table.rows[i] != NO_ROW]
    study.tell(table, own, "budget", must, advise({cells[i] for i in own}, names or BUDGETS, must.do))
    must = rule("budgets.default-rows")
    study.tell(table, [i for i in strange if table.rows[i] == NO_ROW], "budget", must)


def _transfers(study: Context) -> None:
    """What is passed on goes to another budget."""
    table = study.rows("budget_transfers")
    if table is not None and not table.broken & {"from", "to"}:
        to = table.text("to")
        at = [i for i, name in enumerate(table.text("from")) if name and name == to[i]]
        study.tell(table, at, "to", rule("budget_transfers.itself"))


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
    must = rule("set_asides.revenue")
    study.tell(table, at, "account", must, found=kind)
    if "share" in table.broken:
        return
    rows: dict[str, list[int]] = {}
    for i, name in enumerate(names):
        rows.setdefault(name, []).append(i)
    sums = {name: float(table.number("share")[at].sum()) for name, at in rows.items()}
    over = [name for name, total in sums.items() if total > 1 + SLACK]
    if over:
        must, found = (
            rule("set_asides.sum"),
            (f"{name}: {sums[name]:.6g}" for name in over),
        )
        at = [i for name in over for i in rows[name]]
        study.faults.add(table.where(at, "share"), must, some(found))

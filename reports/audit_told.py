"""The tables of money as a plan's decisions give them, to compare with what a plan tells."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from zonevest.reports.audit_accounts import JURISDICTION_GAIN
from zonevest.reports.audit_balance_sheet import BalanceSheet
from zonevest.reports.audit_cash import Cash
from zonevest.reports.audit_cells import Floats
from zonevest.reports.audit_circulation import Circulation
from zonevest.reports.audit_rules import TOLERANCE
from zonevest.reports.audit_undertakings import Undertakings, of_nothing, of_plan
from zonevest.reports.audit_value import PRESENT, Told, value_told

if TYPE_CHECKING:
    from zonevest.reports.audit_evaluate import Decided, Evaluator

TOLD = {
    "cash_flow": (("period", "kind", "item", "account", "instrument"), ("value",), ("unit", "grade")),
    "capture": (("kind", "source", "item", "instrument", "account", "actor"), ("value",), ("unit",)),
    "distribution": (
        ("kind", "account", "jurisdiction", "actor"),
        ("receives_share", "pays_share", "receives", "pays", "net", "people", "per_head"),
        ("unit",),
    ),
    "budgets": (
        ("budget", "period"),
        (
            *("opening", "operating", "receipts", "outlay", "raised", "repaid", "interest"),
            *("passed_in", "passed_out", "fund_transfers", "closing"),
        ),
        (),
    ),
    "balance_sheet": (
        ("period", "side", "item", "resource", "tenure", "budget", "instrument"), ("value",), ("unit",),
    ),
    "circulation": (
        ("kind", "period", "from", "to", "step", "item", "account", "instrument", "nature", "circulation"),
        ("value",), ("unit",),
    ),
}  # fmt: skip
"""Of each table of money: what a row is known by, its numbers, and its further words."""
FILED = ("balance_sheet", "circulation")
"""Those that are looked at where a folder has them: plans of earlier versions had none, and a plan that is not written
yet would first have to work them out."""


def told(evaluator: Evaluator, decided: Decided) -> tuple[dict[str, Told], float]:
    """The tables, and the land rent in the gain in F1: sales of land as the rent that they give up."""
    parts, flows = evaluator.parts, evaluator.flows

    def hectares(place: int, column: int) -> float:
        return float(decided.ledger[0, place, column])

    found = of_plan(flows, parts, decided.choices, decided.system, decided.values, hectares)
    nothing = of_nothing(flows, decided.choices) if evaluator.study.has_doing_nothing else Undertakings(flows)
    cash = Cash(evaluator, decided, found)
    tables = {
        "cash_flow": cash.table(),
        "capture": value_told(evaluator, decided.choices, found, nothing),
        "distribution": _distribution(evaluator, decided, found, nothing),
        "budgets": cash.budgets(),
        "balance_sheet": BalanceSheet(evaluator, decided, cash, found).table(),
        "circulation": Circulation(evaluator, cash, found, nothing).table(),
    }
    return tables, _land_rent(evaluator, found) - _land_rent(evaluator, nothing)


def _land_rent(evaluator: Evaluator, found: Undertakings) -> float:
    actors, rent = evaluator.tables.actors, 0.0
    for key, sums in found.sums.items():
        account = found.account(key)
        if account.money and account.role == "land_sale":
            owner = key.source if key.kind == "project" else ""
            rent += actors.parts(account, owner).purse * float(sums[-1]) if actors.land_rent else 0.0
    return rent


def _distribution(evaluator: Evaluator, decided: Decided, found: Undertakings, nothing: Undertakings) -> Told:
    """Who receives and who pays."""
    out, tables = Told(), evaluator.tables
    actors, nan = tables.actors, math.nan
    sums: dict[tuple[str, str], Floats] = {}
    for undertakings, sign in ((found, 1.0), (nothing, -1.0)):
        for key, amounts in undertakings.sums.items():
            owner = key.source if key.kind == "project" else ""
            for side, who in enumerate(actors.sides(undertakings.account(key), owner)):
                for actor, share in who.items():
                    sums.setdefault((key.account, actor), np.zeros(2))[side] += sign * share * amounts[-1]
    by_actor = {name: np.zeros(2) for name in actors.names}
    for (name, actor), (gets, gives) in sums.items():
        account = tables.accounts[tables.account[name]]
        general = tuple(who.get(actor, 0.0) for who in actors.sides(account))
        row = ("money" if account.money else "uplift", name, "total", actor)
        out.rows[row] = ((*general, gets, gives, gets - gives, nan, nan), (PRESENT,))
        if max(abs(gets), abs(gives)) <= TOLERANCE:
            out.optional.add(row)
        by_actor[actor] += (gets, gives)
    passed: dict[str, float] = {}
    for (table, *named), v in decided.system.at.items():
        if table == "transfer" and decided.values[v]:
            place, t = named
            worth = evaluator.flows.calendar.mean_discount(t) * float(decided.values[v])
            passed[place] = passed.get(place, 0.0) + worth
    if passed:
        whole = sum(passed.values())
        row = ("transfer", "fund_transfers", "total", actors.fund)
        out.rows[row] = ((nan, nan, 0.0, whole, -whole, nan, nan), (PRESENT,))
        for place, value in passed.items():
            row = ("transfer", "fund_transfers", place, "")
            out.rows[row] = ((nan, nan, value, 0.0, value, nan, nan), (PRESENT,))
        if actors.fund in by_actor:
            by_actor[actors.fund][1] += whole
    for actor, (gets, gives) in by_actor.items():
        row = ("gain", f"gain.actor.{actor}", "total", actor)
        out.rows[row] = ((nan, nan, gets, gives, gets - gives, nan, nan), (PRESENT,))
    gains, column = evaluator.parts.gains, (tables.account[JURISDICTION_GAIN] + 1) * evaluator.flows.width - 1
    for place in tables.named_jurisdictions:
        gain = float(decided.ledger[0, evaluator.place[place], column])
        people = gains.people.get(place, nan)
        numbers = (nan, nan, nan, nan, gain, people, gain * 1e6 / people)
        out.rows["jurisdiction", JURISDICTION_GAIN, place, ""] = (numbers, (PRESENT,))
        for actor in actors.names:
            whose = f"gain.actor.{actor}"
            mine = (tables.account[whose] + 1) * evaluator.flows.width - 1
            gain = float(decided.ledger[0, evaluator.place[place], mine])
            out.rows["place", whose, place, actor] = ((nan, nan, nan, nan, gain, nan, nan), (PRESENT,))
            # plans written before these rows were told have none
            out.optional.add(("place", whose, place, actor))
    return out

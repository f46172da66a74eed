"""Rows that keep a budget sound (FORMULATION.md section 8, (16) to (23)): debt, cover, the golden rule, shares.

Each may be soft: it then gives at a penalty per unit. Amounts are in million.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pyomo.environ as pyo

from zonevest.model.areas import TOTAL
from zonevest.model.budgets import FUND
from zonevest.model.finance import Sums, hold, of_till
from zonevest.model.uplift import started, taken

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.model.vintages import Instrument

    Bools: TypeAlias = NDArray[np.bool_]
    Floats: TypeAlias = NDArray[np.float64]

PURSE = "money.net"
"""The weight of accounts of money by what the purse nets."""


def define_debt_ratio(model: pyo.ConcreteModel, sums: Sums) -> None:
    """(16) `debt_ratio_cap[t]`: legacy at the end of t + Σ max(o^max, o) raised <= κ_t x fiscal resources.

    In words: debt, at its highest in the period, stays below a multiple of the fiscal resources, to which what the
    plan adds to recurring revenue counts, and its land sale does not.
    """
    purse = sums.purse
    counted = [f for f in purse.debts if purse.instruments[f].in_debt_ratio]
    for t, name in enumerate(sums.names):
        cap = purse.at("debt_ratio_cap", t)
        if cap is not None:
            debt = sums.flow("owed", counted, t, new=False) + sums.flow("counted", counted, t, old=False)
            resources = float(purse.fiscal[t] - purse.revenue_before) + sums.money("revenue", t)
            told = ("debt_ratio_cap", "finance.debt", TOTAL, name, "million")
            hold(model, "debt_ratio_cap", name, debt, "<=", cap * resources, told)


def define_interest_shares(model: pyo.ConcreteModel, sums: Sums) -> None:
    """(16) `interest_share_general[t]`, `interest_share_fund[t]`: interest <= share of expenditure; million.

    In words: the trigger of fiscal restructuring. Expenditure of the fund is cost and outlay of its budget, what its
    instruments raise, and their interest; everything else is general, but for what enterprises borrow and spend.
    """
    purse = sums.purse
    enterprises = purse.budgets.enterprises
    fund = {FUND} - enterprises
    budget_of = {f: purse.budgets.instrument(f) for f in purse.instruments}
    of_fund = [f for f in purse.debts if budget_of[f] in fund]
    general = [f for f in purse.debts if budget_of[f] not in fund | enterprises]
    raising = [f for f, each in purse.instruments.items() if budget_of[f] in fund and not each.refinances]

    def spending(t: int, tills: set[str] | frozenset[str]) -> Any:
        each = (sums.years(t) * sums.money("cost", t, b) + sums.money("outlay", t, b) for b in sorted(tills))
        return sum(each, 0.0)

    for t, name in enumerate(sums.names):
        spent = spending(t, fund) + sum(sums.raised(f, t) for f in raising)
        everything = sums.years(t) * sums.cost(t) + sums.money("outlay", t)
        for family, fs, expenditure in (
            ("interest_share_general", general, everything - spent - spending(t, enterprises)),
            ("interest_share_fund", of_fund, spent),
        ):
            share = purse.at(family, t)
            if share is not None:
                interest = sums.flow("interest", fs, t)
                told = (family, "finance.interest", TOTAL, name, "million")
                hold(model, family, name, interest, "<=", share * (expenditure + interest), told)


def define_cover(model: pyo.ConcreteModel, sums: Sums) -> None:
    """(17) `dscr_min[t]`: N_t >= DSCR x service_t / n_t, from the named period; million a year.

    In words: a year's operating balance covers the debt service; of new vintages, or of all less refinancing. With a
    table of budgets `dscr_min[b,t]` of each in which somebody borrows: its own balance covers its own service.
    """
    purse, finance = sums.purse, sums.purse.finance
    for till in purse.tills:
        mine = sums.of_till(till, purse.debts)
        again = [f for f in mine if purse.instruments[f].refinances]
        plain = [f for f in mine if f not in again]
        for t, name in enumerate(sums.names) if mine or not till else ():
            cover = purse.at("dscr_min", t)
            if cover is None or not purse.since(finance.dscr_from, t):
                continue
            fs, old = (plain, False) if finance.dscr_scope == "new" else (mine, True)
            service = sums.flow("repaid", fs, t, old=old) + sums.flow("interest", fs, t, old=old)
            if finance.dscr_scope == "all":
                service -= sum(sums.raised(f, t) for f in again)
            told = (f"dscr_min.{till}" if till else "dscr_min", "money.operating", TOTAL, name, "million/year")
            balance, asked = sums.operating(t, till), cover / sums.years(t) * service
            hold(model, "dscr_min", of_till(till, name), balance, ">=", asked, told)


def define_golden_rule(model: pyo.ConcreteModel, sums: Sums) -> None:
    """(18) `golden_rule[t]`: raised <= capital outlay; `refinance_share[t]`: refinancing <= share of what falls due.

    In words: money is raised for capital, or to replace principal that falls due, and for nothing else.
    """
    purse = sums.purse
    again = [f for f in purse.debts if purse.instruments[f].refinances]
    plain = [f for f in purse.instruments if f not in again]
    for t, name in enumerate(sums.names):
        told = ("golden_rule", "finance.raised", TOTAL, name, "million")
        raised = sum(sums.raised(f, t) for f in plain)
        hold(model, "golden_rule", name, raised, "<=", sums.money("outlay", t), told)
        share = purse.at("refinance_share", t)
        if again and share is not None:
            due = sums.flow("repaid", purse.debts, t)
            told = ("refinance_share", "finance.raised", TOTAL, name, "million")
            raised = sum(sums.raised(f, t) for f in again)
            hold(model, "refinance_share", name, raised, "<=", share * due, told)


def define_balance(model: pyo.ConcreteModel, sums: Sums) -> None:
    """(20) `operating_balance[t]`: N_t - interest_t / n_t >= 0, from the named period.

    In words: recurring cash carries running cost and interest: the cash-flow gap is closed.
    """
    purse = sums.purse
    first, every = purse.finance.operating_balance_from, list(purse.instruments)
    for t, name in enumerate(sums.names):
        if first is not None and purse.since(first, t):
            told = ("operating_balance", "money.operating", TOTAL, name, "million/year")
            interest = sums.flow("interest", every, t) / sums.years(t)
            hold(model, "operating_balance", name, sums.operating(t), ">=", interest, told)


def define_shares_of_money(model: pyo.ConcreteModel, sums: Sums) -> None:
    """(21) `land_sale_share_cap[t]`, (22) `green_share_min[t]`, `real_estate_share_max[t]`.

    In words: land sale is no more than a share of all revenue; outlay is green to a share and real estate to another.
    """
    purse = sums.purse
    for t, name in enumerate(sums.names):
        revenue = sums.years(t) * (sums.money("revenue", t) + float(purse.own[t] + purse.transfers[t]))
        outlay = sums.money("outlay", t)
        for family, account, sense, whole in (
            ("land_sale_share_cap", "land_sale", "<=", revenue + sums.money("receipts", t)),
            ("green_share_min", "outlay.green", ">=", outlay),
            ("real_estate_share_max", "outlay.real_estate", "<=", outlay),
        ):
            share = purse.at(family, t)
            if share is not None:
                told = (family, f"money.{account}", TOTAL, name, "million")
                hold(model, family, name, sums.money(account, t), sense, share * whole, told)


def define_reinvestment(model: pyo.ConcreteModel, sums: Sums) -> None:
    """(23) `reinvestment_min[t]`: restoration outlay to date >= share x resource income above doing nothing to date.

    In words: a part of what resources earn flows back into resources.
    """
    purse, ledger = sums.purse, sums.purse.ledger
    names = range(len(sums.names))
    weight, idle = np.ones(len(ledger.held.options.kind)), np.zeros(ledger.works.possible.shape)
    nothing = ledger.held.values([("money.resource", t) for t in names], weight, idle, [TOTAL])[0]
    nothing = nothing * ledger.study.has_doing_nothing
    for t, name in enumerate(sums.names):
        share = purse.at("reinvestment_min", t)
        if share is not None and t:
            restored = sum(sums.money("outlay.restoration", s) for s in range(t + 1))
            earned = sum(sums.years(s) * (sums.money("resource", s) - float(nothing[s])) for s in range(t + 1))
            told = ("reinvestment_min", "money.outlay.restoration", TOTAL, name, "million")
            hold(model, "reinvestment_min", name, restored, ">=", share * earned, told)


def define_self_support(model: pyo.ConcreteModel, sums: Sums) -> None:
    """(19) `cover_min[j,s]`: Σ cover x (principal + interest) <= the project's income over the tenor, captures too.

    In words: a bond that supports itself is paid from what its project earns, and from nothing else: no taxes or
    transfers but the fund's, and where an enterprise owes, nor these nor sold land. A project whose running cost is
    more than it earns may still have what is captured: `leans[j,s]` is 1 where it does (`lean[j,s]`).
    """
    purse, names = sums.purse, sums.names
    projects = purse.ledger.study.projects
    capex = dict(zip(projects["project"], projects["capex"], strict=True))
    model.leans = pyo.Var(pyo.Any, domain=pyo.Binary, dense=False)
    drawn: dict[tuple[str, str], list[tuple[str, str, Any]]] = {}
    for (f, j, s, t), variable in model.draw.items():
        if purse.instruments[f].self_supporting:
            drawn.setdefault((j, s), []).append((f, t, variable))
    by_start: dict[tuple[str, str], list[Any]] = {}
    for key, variable in model.uplifted.items():
        by_start.setdefault((key[0], key[1]), []).append((key, variable))
    for (j, s), draws in drawn.items():
        rate, span = _terms(sums, draws)
        begin = int(purse.ledger.clock.begin[names.index(s)])
        service: Any = 0.0
        for f, t, variable in draws:
            bond, after = purse.instruments[f], int(purse.ledger.clock.begin[names.index(t)]) - begin
            service += bond.cover * _service(bond, after, rate) * variable
        weights = np.asarray((1.0 + rate) ** -(np.arange(span) + 1.0), dtype=float)
        start = purse.ledger.works.names.index(j) * len(names) + names.index(s)
        budgets = purse.budgets
        serving = purse.ledger.accounts.serving(any(budgets.instrument(f) in budgets.enterprises for f, *_ in draws))
        income = float(_income(sums, start, begin, span, serving) @ weights)
        captured = _captured(model, sums, by_start.get((j, s), []), weights, serving)
        built = started(model, names, j, s)
        begun: Any = built
        if income < 0:
            begun = model.leans[j, s]
            hold(model, "lean", (j, s), sum(variable for *_, variable in draws), "<=", capex[j] * begun)
        told = (f"cover_min.{j}", "project.revenue", TOTAL, s, "million")
        hold(model, "cover_min", (j, s), income * begun + captured, ">=", service, told, when=built)


def _terms(sums: Sums, draws: list[tuple[str, str, Any]]) -> tuple[float, int]:
    """The rate at which the amounts of a row count, and the years that it looks at: the shortest tenor."""
    bonds = [sums.purse.instruments[f] for f, _, _ in draws]
    rate = sums.purse.ledger.clock.finance if any(bond.discounted for bond in bonds) else 0.0
    return rate, min(bond.years or 0 for bond in bonds)


def _captured(model: pyo.ConcreteModel, sums: Sums, raised: list[Any], weights: Floats, serving: Bools) -> Any:
    """What the purse captures of a project's uplift in the years from its start that the weights are for.

    Parameters
    ----------
    raised : the indices of `uplifted` of one project and start, with their variables.
    serving : the accounts whose revenue counts.
    """
    ledger, names = sums.purse.ledger, sums.names
    captured: Any = 0.0
    for (project, s, place, t), variable in raised:
        years = np.arange(len(weights)) + int(ledger.clock.begin[names.index(s)])
        for tool, paid, amount, _ in taken(model, ledger, project, names.index(s), place, names.index(t)):
            account = ledger.accounts.names.get_loc(tool.account)
            part = ledger.accounts.part(PURSE, account, project)
            inside = years >= paid if tool.annual else years == paid
            if serving[account]:
                captured += part * amount * float(weights @ inside) * variable
    return captured


def _service(bond: Instrument, after: int, rate: float) -> float:
    """Principal and interest of a unit drawn some years after the project's start, at the rate."""
    owed = np.append(bond.balance, 0.0)
    paid = owed[:-1] - owed[1:] + bond.rate * owed[:-1]
    return float(paid @ (1.0 + rate) ** -(np.arange(len(paid)) + after + 1.0))


def _income(sums: Sums, start: int, begin: int, span: int, serving: Bools) -> Floats:
    """What a start earns the purse in each year from its first: revenue that counts, less recurring cost, (span,)."""
    works, clock = sums.purse.ledger.works, sums.purse.ledger.clock
    timed = works.timed
    at = np.flatnonzero(works.start == start)
    owner = None if timed.owner is None else timed.owner[at]
    longer = replace(clock, years=np.arange(clock.years[0], max(clock.years[-1], begin + span) + 1))
    mine = replace(
        timed, clock=longer, rows=timed.rows.take(at), begin=timed.begin[at], until=timed.until[at],
        settled=timed.settled[at], owner=owner,
    )  # fmt: skip
    accounts = timed.accounts
    earns = accounts.family[mine.rows.account] == "revenue"
    counts = np.where(earns, serving[mine.rows.account], ~mine.rows.once)
    weight = mine.weight(PURSE) * counts
    yearly = weight @ mine.yearly()
    first = begin - int(clock.years[0])
    return np.asarray(yearly[first : first + span])

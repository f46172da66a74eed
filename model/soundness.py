"""Rows that keep a budget sound (FORMULATION.md section 8, (16) to (23)): debt, cover, the golden rule, shares.

Each may be soft: it then gives at a penalty per unit. Amounts are in million.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from zonevest.model.areas import TOTAL
from zonevest.model.budgets import FUND
from zonevest.model.finance import Sums, hold, of_till

if TYPE_CHECKING:
    from collections.abc import Set

    import pyomo.environ as pyo


def define_debt_ratio(model: pyo.ConcreteModel, sums: Sums) -> None:
    """(16) `debt_ratio_cap[t]`: legacy at the end of t + Σ max(o^max, o) raised <= κ_t x fiscal resources.

    In words: debt, at its highest in the period, stays below a multiple of the fiscal resources, to which what the
    plan adds to recurring revenue counts, and its land sale does not. Unit: million.
    """
    purse = sums.purse
    counted = [f for f in purse.debts if purse.instruments[f].in_debt_ratio]
    for t, name, cap in sums.where("debt_ratio_cap"):
        debt = sums.flow("owed", counted, t, new=False) + sums.flow("counted", counted, t, old=False)
        resources = float(purse.fiscal[t] - purse.revenue_before) + sums.money("revenue", t)
        told = ("debt_ratio_cap", "finance.debt", TOTAL, name, "million")
        hold(model, "debt_ratio_cap", name, debt, "<=", cap * resources, told, of=(cap, resources))


def define_interest_share_general(model: pyo.ConcreteModel, sums: Sums) -> None:
    """(16) `interest_share_general[t]`: Σ_f ι_ft of general debt <= share x (general expenditure + that interest).

    In words: the trigger of fiscal restructuring. General is what is neither the fund's nor what enterprises borrow
    and spend. Unit: million.
    """
    purse, budgets = sums.purse, sums.purse.budgets
    debts = [f for f in purse.debts if budgets.instrument(f) not in {FUND} | budgets.enterprises]
    for t, name, share in sums.where("interest_share_general"):
        interest = sums.flow("interest", debts, t)
        everything = sums.years(t) * sums.cost(t) + sums.money("outlay", t)
        general = everything - _spent_by_fund(sums, t) - _spent(sums, t, budgets.enterprises)
        told = ("interest_share_general", "finance.interest", TOTAL, name, "million")
        whole = general + interest
        hold(model, "interest_share_general", name, interest, "<=", share * whole, told, of=(share, whole))


def define_interest_share_fund(model: pyo.ConcreteModel, sums: Sums) -> None:
    """(16) `interest_share_fund[t]`: Σ_f ι_ft of the fund's debt <= share x (expenditure of the fund + that interest).

    In words: the trigger of fiscal restructuring, of the fund. It spends the cost and outlay of its budget and what its
    instruments raise. Unit: million.
    """
    purse = sums.purse
    debts = [f for f in purse.debts if purse.budgets.instrument(f) in _fund(sums)]
    for t, name, share in sums.where("interest_share_fund"):
        interest = sums.flow("interest", debts, t)
        told = ("interest_share_fund", "finance.interest", TOTAL, name, "million")
        whole = _spent_by_fund(sums, t) + interest
        hold(model, "interest_share_fund", name, interest, "<=", share * whole, told, of=(share, whole))


def _fund(sums: Sums) -> Set[str]:
    """The budget of the fund, if it is not an enterprise's."""
    return {FUND} - sums.purse.budgets.enterprises


def _spent(sums: Sums, t: int, tills: Set[str]) -> Any:
    """Cost and outlay of budgets in a period."""
    each = (sums.years(t) * sums.money("cost", t, b) + sums.money("outlay", t, b) for b in sorted(tills))
    return sum(each, 0.0)


def _spent_by_fund(sums: Sums, t: int) -> Any:
    """Cost and outlay of the fund's budget in a period, and what its instruments raise."""
    purse, fund = sums.purse, _fund(sums)
    raising = [
        f for f, each in purse.instruments.items() if purse.budgets.instrument(f) in fund and not each.refinances
    ]
    return _spent(sums, t, fund) + sum(sums.raised(f, t) for f in raising)


def define_cover(model: pyo.ConcreteModel, sums: Sums) -> None:
    """(17) `dscr_min[t]`: N_t >= DSCR x service_t / n_t, from the named period.

    In words: a year's operating balance covers the debt service; of new vintages, or of all less refinancing. With a
    table of budgets `dscr_min[b,t]` of each in which somebody borrows: its own balance covers its own service.
    Unit: million/year.
    """
    purse, finance = sums.purse, sums.purse.finance
    for till in purse.tills:
        mine = sums.of_till(till, purse.debts)
        again = [f for f in mine if purse.instruments[f].refinances]
        plain = [f for f in mine if f not in again]
        for t, name, cover in sums.where("dscr_min") if mine or not till else ():
            if not purse.since(finance.dscr_from, t):
                continue
            fs, old = (plain, False) if finance.dscr_scope == "new" else (mine, True)
            service = sums.flow("repaid", fs, t, old=old) + sums.flow("interest", fs, t, old=old)
            if finance.dscr_scope == "all":
                service -= sum(sums.raised(f, t) for f in again)
            told = (f"dscr_min.{till}" if till else "dscr_min", "money.operating", TOTAL, name, "million/year")
            balance, yearly = sums.operating(t, till), service / sums.years(t)
            hold(model, "dscr_min", of_till(till, name), balance, ">=", cover * yearly, told, of=(cover, yearly))


def define_golden_rule(model: pyo.ConcreteModel, sums: Sums) -> None:
    """(18) `golden_rule[t]`: Σ_f raised_ft <= capital outlay of t, f that does not refinance.

    In words: money is raised for capital, and for nothing else. Unit: million.
    """
    plain = [f for f in sums.purse.instruments if f not in sums.purse.refinancing]
    for t, name in enumerate(sums.names):
        told = ("golden_rule", "finance.raised", TOTAL, name, "million")
        raised = sum(sums.raised(f, t) for f in plain)
        hold(model, "golden_rule", name, raised, "<=", sums.money("outlay", t), told)


def define_refinance_share(model: pyo.ConcreteModel, sums: Sums) -> None:
    """(18) `refinance_share[t]`: Σ_f raised_ft <= share x Σ ρ_t of all debt, f that refinances.

    In words: or money is raised to replace a part of the principal that falls due. Unit: million.
    """
    purse = sums.purse
    for t, name, share in sums.where("refinance_share") if purse.refinancing else ():
        due = sums.flow("repaid", purse.debts, t)
        told = ("refinance_share", "finance.raised", TOTAL, name, "million")
        raised = sum(sums.raised(f, t) for f in purse.refinancing)
        hold(model, "refinance_share", name, raised, "<=", share * due, told, of=(share, due))


def define_balance(model: pyo.ConcreteModel, sums: Sums) -> None:
    """(20) `operating_balance[t]`: N_t - interest_t / n_t >= 0, from the named period.

    In words: recurring cash carries running cost and interest: the cash-flow gap is closed. Unit: million/year.
    """
    purse = sums.purse
    first, every = purse.finance.operating_balance_from, list(purse.instruments)
    for t, name in enumerate(sums.names):
        if first is not None and purse.since(first, t):
            told = ("operating_balance", "money.operating", TOTAL, name, "million/year")
            interest = sums.flow("interest", every, t) / sums.years(t)
            hold(model, "operating_balance", name, sums.operating(t), ">=", interest, told)


def define_land_sale_share_cap(model: pyo.ConcreteModel, sums: Sums) -> None:
    """(21) `land_sale_share_cap[t]`: land sale <= θ_t x (n_t recurring revenue + one-off receipts).

    In words: land sale is no more than a share of all revenue, transfers and land sale included. Unit: million.
    """
    purse = sums.purse
    for t, name, share in sums.where("land_sale_share_cap"):
        revenue = sums.years(t) * (sums.money("revenue", t) + float(purse.own[t] + purse.transfers[t]))
        whole = revenue + sums.money("receipts", t)
        told = ("land_sale_share_cap", "money.land_sale", TOTAL, name, "million")
        hold(
            model, "land_sale_share_cap", name, sums.money("land_sale", t), "<=", share * whole, told, of=(share, whole)
        )


def define_green_share_min(model: pyo.ConcreteModel, sums: Sums) -> None:
    """(22) `green_share_min[t]`: green outlay >= γ_t x outlay.

    In words: a part of outlay is green. Unit: million.
    """
    for t, name, share in sums.where("green_share_min"):
        told = ("green_share_min", "money.outlay.green", TOTAL, name, "million")
        green, whole = sums.money("outlay.green", t), sums.money("outlay", t)
        hold(model, "green_share_min", name, green, ">=", share * whole, told, of=(share, whole))


def define_real_estate_share_max(model: pyo.ConcreteModel, sums: Sums) -> None:
    """(22) `real_estate_share_max[t]`: outlay for real estate <= ρ_t x outlay.

    In words: no more than a part of outlay is real estate. Unit: million.
    """
    for t, name, share in sums.where("real_estate_share_max"):
        told = ("real_estate_share_max", "money.outlay.real_estate", TOTAL, name, "million")
        estate, whole = sums.money("outlay.real_estate", t), sums.money("outlay", t)
        hold(model, "real_estate_share_max", name, estate, "<=", share * whole, told, of=(share, whole))


def define_reinvestment(model: pyo.ConcreteModel, sums: Sums) -> None:
    """(23) `reinvestment_min[t]`: restoration outlay to date >= share x resource income above doing nothing to date.

    In words: a part of what resources earn flows back into resources, from the second period on. Unit: million.
    """
    ledger = sums.purse.ledger
    periods = range(len(sums.names))
    weight, idle = np.ones(len(ledger.held.options.kind)), np.zeros(ledger.works.possible.shape)
    nothing = ledger.held.values([("money.resource", t) for t in periods], weight, idle, [TOTAL])[0]
    nothing = nothing * ledger.study.has_doing_nothing
    for t, name, share in sums.where("reinvestment_min"):
        if t:
            restored = sum(sums.money("outlay.restoration", s) for s in range(t + 1))
            earned = sum(sums.years(s) * (sums.money("resource", s) - float(nothing[s])) for s in range(t + 1))
            told = ("reinvestment_min", "money.outlay.restoration", TOTAL, name, "million")
            hold(model, "reinvestment_min", name, restored, ">=", share * earned, told, of=(share, earned))

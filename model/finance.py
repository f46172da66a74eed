"""Money (FORMULATION.md section 8): draws and cash, (14), and what all rows of money are made with.

Amounts are in million; rows speak of the accounts `money.…` of the ledger, of what is drawn, and of the constants of
`zonevest.model.vintages`. What funds what is in `zonevest.model.funding`, the rows that keep a budget sound are in
`zonevest.model.soundness` and `zonevest.model.self_support`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pyomo.environ as pyo

from zonevest.instances.faults import Faults
from zonevest.instances.overrides import place
from zonevest.instances.rules import rule
from zonevest.instances.say import say
from zonevest.instances.study import each, items, period_names
from zonevest.model.areas import START, TOTAL
from zonevest.model.book import Told
from zonevest.model.budgets import Budgets
from zonevest.model.flows import CASH
from zonevest.model.starts import once_worth
from zonevest.model.stated import stated
from zonevest.model.vintages import Instrument, Vintage, instruments, legacy, vintage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from zonevest.instances.finance import Finance
    from zonevest.model.ledger import Ledger

    Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class Purse:
    """What the budget entity has and owes whatever is decided, and what a unit of each instrument does.

    Attributes
    ----------
    units : instrument -> vintage by period of the draw.
    old : instrument -> what it owed before the plan.
    own, transfers, fixed, fiscal : residuals and fiscal resources, mean per year of each period, million.
    revenue_before : the ledger's recurring revenue at the start, million a year.
    """

    ledger: Ledger
    finance: Finance
    names: list[str]
    instruments: dict[str, Instrument]
    units: dict[str, list[Vintage]]
    old: dict[str, Vintage]
    own: Floats
    transfers: Floats
    fixed: Floats
    fiscal: Floats
    revenue_before: float

    @classmethod
    def of(cls, ledger: Ledger) -> Purse:
        """Read [finance] and the instruments.

        Raises
        ------
        StudyError
            If a base-year total is less than what the ledger books for today's land.
        """
        study, clock = ledger.study, ledger.clock
        finance = study.settings.finance
        assert finance is not None
        before = ledger.held.values(
            [("money.revenue", START), ("money.cost", START)],
            np.ones(len(ledger.held.options.kind)),
            np.zeros(ledger.works.possible.shape),
            [TOTAL],
        )[0]
        faults = Faults()
        residual = {"transfers": finance.transfers or 0.0}
        for key, booked in (("own_revenue", before[0]), ("fixed_cost", before[1])):
            stated = getattr(finance, key)
            residual[key] = 0.0 if stated is None else stated - float(booked)
            if residual[key] < -1e-9 * max(1.0, abs(booked)):
                must = rule("finance.residual", key=key)
                found = say("{stated:,.6g} million, and {booked:,.6g} are booked", stated=stated, booked=float(booked))
                faults.add(place(f"finance.{key}", study.label, study.set_anew), must, found)
        faults.stop_if_any()

        def mean(amount: float, key: str) -> Floats:
            return clock.mean(amount * (1.0 + finance.growth.get(key, 0.0)) ** (clock.years - clock.years[0]))

        known = instruments(study)
        return cls(
            ledger,
            finance,
            period_names(study.periods),
            known,
            {name: [vintage(each, t, clock) for t in range(len(clock.length))] for name, each in known.items()},
            {name: legacy(each, clock) for name, each in known.items()},
            mean(residual["own_revenue"], "own_revenue"),
            mean(residual["transfers"], "transfers"),
            mean(residual["fixed_cost"], "fixed_cost"),
            mean(finance.fiscal_resources or 0.0, "fiscal_resources"),
            float(before[0]),
        )

    @property
    def budgets(self) -> Budgets:
        """The budgets that cash is parted in."""
        return self.ledger.accounts.budgets

    @property
    def tills(self) -> tuple[str, ...]:
        """Every budget, the main one first; without a table the one till ``""`` in which all cash lies."""
        return self.budgets.names or ("",)

    @cached_property
    def debts(self) -> list[str]:
        """The instruments that are owed."""
        return [name for name, each in self.instruments.items() if each.is_debt]

    @cached_property
    def refinancing(self) -> list[str]:
        """The debts that replace others."""
        return [name for name in self.debts if self.instruments[name].refinances]

    def at(self, key: str, t: int) -> float | None:
        """A number of [finance] in a period; None where it is off."""
        return self.finance.at(key, self.names[t])

    def since(self, name: str | None, t: int) -> bool:
        """Whether a period is the named one or after it (no name: every period)."""
        return name is None or t >= self.names.index(name)


def define_draws(model: pyo.ConcreteModel, ledger: Ledger) -> None:
    """`draw[f,j,s,τ]` for project j started in s, `raised[f,τ]` in general, `cash_end[t]`; million.

    With a table of budgets `cash_end[b,t]` for each, and `passed[b,b',t]`: what b passes on to b' in t.

    A grant is one-off cash of its project in F1; debt and outside equity cost their price (idle balances too).
    """
    study, names, clock = ledger.study, period_names(ledger.study.periods), ledger.clock
    purse = model.purse = Purse.of(ledger)
    index = []
    for row in each(study.projects):
        j = ledger.works.names.index(row.project)
        for s in np.flatnonzero(ledger.works.possible[j]) if row.capex > 0 else ():
            built = int(clock.period_with(np.array(clock.begin[s] + max(int(row.build_years), 1) - 1)))
            index += [
                (f, row.project, names[s], names[t])
                for f, instrument in purse.instruments.items()
                if may_fund(instrument, row, purse.budgets)
                for t in range(int(s), built + 1)
            ]
    general = [(f, t) for f, instrument in purse.instruments.items() if instrument.general for t in names]
    model.draw = pyo.Var(index, domain=pyo.NonNegativeReals)
    model.raised = pyo.Var(general, domain=pyo.NonNegativeReals)
    model.cash_end = pyo.Var([of_till(till, t) for till in purse.tills for t in names])
    pairs = zip(study.budget_transfers["from"], study.budget_transfers["to"], strict=True)
    model.passed = pyo.Var([(*pair, t) for pair in pairs for t in names], domain=pyo.NonNegativeReals)
    for (f, j, s, t), variable in model.draw.items():
        price = purse.units[f][names.index(t)].price
        model.ledger.worth(CASH, "", -price, variable)
        if purse.instruments[f].kind == "grant":
            start = ledger.works.names.index(j) * len(names) + names.index(s)
            worth = once_worth(ledger.works, start, int(clock.begin[names.index(t)]), clock.finance)
            model.ledger.worth(CASH, "", worth, variable)
    for (f, t), variable in model.raised.items():
        model.ledger.worth(CASH, "", -purse.units[f][names.index(t)].price, variable)
    _book(model, purse)


def of_till(till: str, period: str) -> Any:
    """The index of what each budget has in each period: without a table of budgets the period alone."""
    return (till, period) if till else period


def may_fund(instrument: Instrument, project: Any, budgets: Budgets) -> bool:
    """Whether an instrument may fund a project; what an enterprise raises is for projects of enterprises."""
    named = items(project.instruments)
    return (
        not instrument.refinances
        and (not named or instrument.name in named)
        and (not instrument.categories or project.category in instrument.categories)
        and (not instrument.green_only or bool(project.green))
        and not budgets.hides_debt(instrument.name, project.project)
    )


def _book(model: pyo.ConcreteModel, purse: Purse) -> None:
    """The accounts of finance: raised, repaid, interest, debt and cash, of the total."""
    book, names = model.ledger, purse.names
    drawn = [(f, t, variable) for (f, _, _, t), variable in model.draw.items()]
    drawn += [(f, t, variable) for (f, t), variable in model.raised.items()]
    for f, when, variable in drawn:
        unit = purse.units[f][names.index(when)]
        book.add(f"finance.raised.{f}", "", when, 1.0, variable)
        for t, period in enumerate(names):
            book.add(f"finance.repaid.{f}", "", period, float(unit.repaid[t]), variable)
            book.add(f"finance.interest.{f}", "", period, float(unit.interest[t]), variable)
            if purse.instruments[f].is_debt:
                book.add("finance.debt", "", period, float(unit.owed[t]), variable)
    for f, old in purse.old.items():
        for t, period in enumerate(names):
            book.fixed[f"finance.repaid.{f}", TOTAL, period] += float(old.repaid[t])
            book.fixed[f"finance.interest.{f}", TOTAL, period] += float(old.interest[t])
            book.fixed["finance.debt", TOTAL, period] += float(old.owed[t])
    for period in names:
        book.fixed["finance.debt", TOTAL, period] += 0.0
        for till in purse.tills:
            cash = model.cash_end[of_till(till, period)]
            book.add("finance.cash", "", period, 1.0, cash)
            if till:
                book.add(f"finance.cash.{till}", "", period, 1.0, cash)


class Sums:
    """Sums of draws that rows speak of, as Pyomo expressions by period."""

    def __init__(self, model: pyo.ConcreteModel) -> None:
        self.purse: Purse = model.purse
        self.book = model.ledger
        self.names = self.purse.names
        self.drawn: dict[str, dict[str, list[Any]]] = {}
        for (f, _, _, t), variable in model.draw.items():
            self.drawn.setdefault(f, {}).setdefault(t, []).append(variable)
        for (f, t), variable in model.raised.items():
            self.drawn.setdefault(f, {}).setdefault(t, []).append(variable)

    def raised(self, f: str, t: int) -> Any:
        """What is raised by an instrument in a period."""
        return sum(self.drawn.get(f, {}).get(self.names[t], ()))

    def flow(self, which: str, fs: list[str], t: int, *, new: bool = True, old: bool = True) -> Any:
        """Σ of ρ (repaid), ι (interest), o (owed) or what the debt ratio counts, of instruments in a period."""
        total: Any = 0.0
        for f in fs:
            for s in range(t + 1) if new else ():
                constant = float(getattr(self.purse.units[f][s], which)[t])
                total += constant * self.raised(f, s) if constant else 0.0
            total += float(getattr(self.purse.old[f], which)[t]) if old else 0.0
        return total

    def money(self, name: str, t: int, till: str = "") -> Any:
        """L of an account of money in a period, of a budget its part."""
        return self.book[f"money.{name}:{till}" if till else f"money.{name}", TOTAL, self.names[t]]

    def operating(self, t: int, till: str = "") -> Any:
        """N_t or N_bt: recurring revenue less recurring cost, million a year; residuals are the main budget's."""
        purse = self.purse
        residual = float(purse.own[t] + purse.transfers[t] - purse.fixed[t])
        return self.money("operating", t, till) + (residual if till in ("", purse.budgets.main) else 0.0)

    def cost(self, t: int, till: str = "") -> Any:
        """Recurring cost, the residual of the main budget included, million a year."""
        residual = float(self.purse.fixed[t]) if till in ("", self.purse.budgets.main) else 0.0
        return self.money("cost", t, till) + residual

    def of_till(self, till: str, fs: list[str]) -> list[str]:
        """The instruments whose money comes and is served in a budget, among some."""
        return [f for f in fs if not till or self.purse.budgets.instrument(f) == till]

    def years(self, t: int) -> float:
        """Years of a period."""
        return float(self.purse.ledger.clock.length[t])

    def where(self, key: str) -> Iterator[tuple[int, str, float]]:
        """The periods in which a number of [finance] is on: position, name and number."""
        for t, name in enumerate(self.names):
            number = self.purse.at(key, t)
            if number is not None:
                yield t, name, number


def hold(
    model: pyo.ConcreteModel,
    family: str,
    index: tuple[str, ...] | str,
    left: Any,
    sense: str,
    right: Any,
    told: tuple[str, str, str, str, str] | None = None,
    when: Any = None,
    of: tuple[float, Any] | None = None,
) -> None:
    """Write a row left <= right or left >= right, soft where [finance] says so, and note how a plan tells of it.

    Parameters
    ----------
    told : limit, account, place, period and unit in limits.csv.
    when : it is told only where this is 1.
    of : the study's number in `right`, and what it is multiplied by there.
    """
    index = (index,) if isinstance(index, str) else index
    rows = model.component(family)
    if rows is None:
        rows = pyo.Constraint(pyo.Any)
        model.add_component(family, rows)
    body = left - right
    finance = model.source.study.settings.finance
    if finance is not None and family in finance.soft:
        give = model.give[(family, *index)]
        body = body + give if sense == ">=" else body - give
    key = index[0] if len(index) == 1 else index
    rows[key] = stated(model, 0.0, body, None) if sense == ">=" else stated(model, None, body, 0.0)
    name = rows[key].name if key in rows else ""
    if told is not None:
        limit, account, place, period, unit = told
        number, per = of or (None, None)
        told_as = Told(limit, account, place, period, sense, left, right, unit, name, when, number=number, per=per)
        model.told.append(told_as)


def define_cash(model: pyo.ConcreteModel, sums: Sums) -> None:
    """(14) `cash[t]`, with a table of budgets `cash[b,t]`: C_t = C_t-1 + n_t N_t + W_t + Σ_f (raised - ρ - ι)_ft + τ.

    In words: cash follows from what happens. What a budget is passed by others comes to it, what it passes on leaves
    it, as what the compensation fund passes on leaves the main one. Unit: million.
    """
    purse, names = sums.purse, sums.names
    model.cash = pyo.Constraint(pyo.Any)
    for till in purse.tills:
        every = sums.of_till(till, list(purse.instruments))
        for t, name in enumerate(names):
            index = of_till(till, name)
            before = model.cash_end[of_till(till, names[t - 1])] if t else purse.budgets.opening[till]
            flow = sums.years(t) * sums.operating(t, till) + sums.money("receipts", t, till)
            flow -= sums.money("outlay", t, till)
            flow += sum(sums.raised(f, t) for f in every)
            flow -= sums.flow("repaid", every, t) + sums.flow("interest", every, t)
            flow += sum(passed for (_, to, when), passed in model.passed.items() if (to, when) == (till, name))
            flow -= sum(passed for (of, _, when), passed in model.passed.items() if (of, when) == (till, name))
            if till == purse.budgets.main:
                flow -= purse_transfers(model, name)
            model.cash[index] = model.cash_end[index] - (before + flow) == 0


def define_reserve(model: pyo.ConcreteModel, sums: Sums) -> None:
    """(14) `reserve[t]`, with a table of budgets `reserve[b,t]`: C_t >= months / 12 x recurring cost.

    In words: at the end of every period there is cash for some months of recurring cost, or what the budget states.
    Unit: million.
    """
    purse = sums.purse
    for till in purse.tills:
        of = f".{till}" if till else ""
        own = purse.budgets.reserve.get(till, np.nan)
        for t, name in enumerate(sums.names):
            months = purse.at("reserve_months", t) or 0.0
            reserve, by_month = own, None
            if np.isnan(own):
                reserve = months / 12.0 * sums.cost(t, till) if months else 0.0
                by_month = (months, sums.cost(t, till) / 12.0) if months else None
            index, told = of_till(till, name), (f"reserve{of}", f"finance.cash{of}", TOTAL, name, "million")
            hold(model, "reserve", index, model.cash_end[index], ">=", reserve, told, of=by_month)


def define_budget_transfer(model: pyo.ConcreteModel, sums: Sums) -> None:
    """(14) `budget_transfer[b,b',t]`: τ_bb't <= n_t x cap.

    In words: a budget passes on to another no more a year than is allowed. Unit: million.
    """
    table = sums.purse.ledger.study.budget_transfers
    for of, to, cap in table[["from", "to", "cap"]].itertuples(index=False):
        for t, name in enumerate(sums.names) if not np.isnan(cap) else ():
            told = (f"budget_transfer.{of}.{to}", f"finance.cash.{of}", TOTAL, name, "million")
            passed, most = model.passed[of, to, name], sums.years(t) * cap
            hold(model, "budget_transfer", (of, to, name), passed, "<=", most, told)


def purse_transfers(model: pyo.ConcreteModel, period: str) -> Any:
    """What the compensation fund passes on in a period, where it is a part of the purse."""
    study = model.source.study
    if study.settings.equity.fund not in study.settings.purse:
        return 0.0
    return sum(variable for (_, t), variable in model.transfer.items() if t == period)

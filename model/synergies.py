"""Synergies (FORMULATION.md section 7, (12)): what two projects bring when both are built, and neither alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pyomo.environ as pyo

from zonevest.instances.study import each, period_names
from zonevest.model.flows import ECOSYSTEM, NEVER
from zonevest.model.uplift import started

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.model.ledger import Ledger

    Floats: TypeAlias = NDArray[np.float64]

BENEFITS = ("revenue", "ecosystem", "carbon", "social")
"""Families of accounts whose synergies count times the deliverability of both projects."""


@dataclass(frozen=True)
class Synergy:
    """A row of the table synergies.

    Attributes
    ----------
    first, second : the projects; what they bring is the first one's.
    value : what comes on the account, once or a year, deliverability of both applied.
    """

    first: str
    second: str
    account: str
    value: float


def synergies(ledger: Ledger) -> list[Synergy]:
    """The rows of the table synergies, in its order."""
    study, accounts = ledger.study, ledger.accounts
    delivered = {row.project: float(row.deliverability) for row in each(study.projects)}
    found = []
    table = study.synergies[["project", "with", "account", "value"]]
    for first, second, account, value in table.itertuples(index=False, name=None):
        benefit = accounts.family[accounts.names.get_loc(account)] in BENEFITS
        part = delivered[first] * delivered[second] if benefit else 1.0
        found.append(Synergy(first, second, account, float(value) * part))
    return found


@dataclass(frozen=True)
class Run:
    """A synergy of two starts: the account, when it begins, and before which year it ends if it is annual."""

    ledger: Ledger
    account: int
    value: float
    begin: int
    end: int

    @classmethod
    def of(cls, ledger: Ledger, synergy: Synergy, s: int, other: int) -> Run:
        """The synergy of a start of each project, in the periods at these positions."""
        works, periods = ledger.works, len(ledger.clock.length)
        starts = [works.names.index(synergy.first) * periods + s, works.names.index(synergy.second) * periods + other]
        opening, life = works.service[starts], works.life[starts]
        end = np.where(np.isnan(life), NEVER, opening + np.nan_to_num(life)).min()
        account = int(ledger.accounts.names.get_loc(synergy.account))
        return cls(ledger, account, synergy.value, int(opening.max()), int(end))

    @property
    def annual(self) -> bool:
        """Whether it comes every year."""
        return bool(self.ledger.accounts.recurrence[self.account] == "annual")

    def yearly(self, growing: bool = True) -> Floats:
        """What comes in each year of horizon and tail, at start prices if not `growing`, shape (years,)."""
        years = self.ledger.clock.years
        growth = self.ledger.accounts.growth[self.account] if growing else 0.0
        runs = (years >= self.begin) & (years < self.end) if self.annual else years == self.begin
        return np.asarray(self.value * runs * (1.0 + growth) ** (years - years[0]))

    def totals(self, growing: bool = True) -> Floats:
        """What comes in all the years of each period, shape (periods,)."""
        clock = self.ledger.clock
        inside = self.yearly(growing)[: clock.horizon]
        return np.asarray(np.bincount(clock.period_of, weights=inside), dtype=np.float64)

    def worth(self, rate: float) -> float:
        """Present value: what comes every year discounted, what comes once as its interest for good."""
        clock = self.ledger.clock
        if self.annual:
            return float(self.yearly() @ clock.discount(rate))
        price = self.value * (1.0 + self.ledger.accounts.growth[self.account]) ** float(self.begin - clock.years[0])
        return float(price * rate / (1.0 + rate) * clock.discount(rate)[clock.years >= self.begin].sum())


def define_synergies(model: pyo.ConcreteModel, ledger: Ledger) -> None:
    """`together[j,j',s,s']`: 1 where j starts in s and j' in s'.

    It books what the two bring together on the accounts of the table, in the jurisdiction of j and by its shares.
    """
    names, clock, works, book = period_names(ledger.study.periods), ledger.clock, ledger.works, model.ledger
    found = synergies(ledger)

    def possible(project: str) -> list[int]:
        return [int(s) for s in np.flatnonzero(works.possible[works.names.index(project)])]

    pairs = dict.fromkeys((each.first, each.second) for each in found)
    starts = {(j, k): [(s, u) for s in possible(j) for u in possible(k)] for j, k in pairs}
    index = [(j, k, names[s], names[u]) for (j, k), at in starts.items() for s, u in at]
    model.together = pyo.Var(index, domain=pyo.NonNegativeReals)
    for synergy in found:
        j, k = synergy.first, synergy.second
        place = str(works.place[works.names.index(j)])
        for s, u in starts[j, k]:
            run, variable = Run.of(ledger, synergy, s, u), model.together[j, k, names[s], names[u]]
            years = clock.length if run.annual else np.ones(len(names))
            for name, amount, flat in zip(names, run.totals() / years, run.totals(growing=False) / years, strict=True):
                book.pay(synergy.account, place, name, float(amount), variable, project=j, price=float(flat))
            book.earn(synergy.account, place, run.worth(clock.finance), variable, project=j)
            counts = float(ledger.accounts.weight(ECOSYSTEM)[run.account])
            book.worth(ECOSYSTEM, place, counts * run.worth(clock.social), variable)


def define_synergy_rows(model: pyo.ConcreteModel, ledger: Ledger) -> None:
    """(12) The rows of synergies, y = `together[j,j',s,s']`."""
    define_synergy_first(model, ledger)
    define_synergy_second(model, ledger)
    define_synergy_both(model, ledger)


def define_synergy_first(model: pyo.ConcreteModel, ledger: Ledger) -> None:
    """(12) `synergy_first[j,j',s]`: Σ_s' y_jj'ss' <= u_js.

    In words: what two projects bring together asks for the first. Unit: numbers.
    """
    names, pairs = period_names(ledger.study.periods), _by(model, 0, 1, 2)
    model.synergy_first = pyo.Constraint(
        list(pairs), rule=lambda m, j, k, s: sum(pairs[j, k, s]) - started(m, names, j, s) <= 0
    )


def define_synergy_second(model: pyo.ConcreteModel, ledger: Ledger) -> None:
    """(12) `synergy_second[j,j',s']`: Σ_s y_jj'ss' <= u_j's'.

    In words: and for the second. Unit: numbers.
    """
    names, pairs = period_names(ledger.study.periods), _by(model, 0, 1, 3)
    model.synergy_second = pyo.Constraint(
        list(pairs), rule=lambda m, j, k, u: sum(pairs[j, k, u]) - started(m, names, k, u) <= 0
    )


def define_synergy_both(model: pyo.ConcreteModel, ledger: Ledger) -> None:
    """(12) `synergy_both[j,j']`: Σ_ss' y_jj'ss' >= Σ_s u_js + Σ_s' u_j's' - 1.

    In words: and it comes where both are built, also where nobody wants it. Unit: numbers.
    """
    last, pairs = ledger.study.periods[-1].name, _by(model, 0, 1)
    model.synergy_both = pyo.Constraint(
        list(pairs), rule=lambda m, j, k: sum(pairs[j, k]) - m.U[j, last] - m.U[k, last] >= -1
    )


def _by(model: pyo.ConcreteModel, *places: int) -> dict[tuple[str, ...], list[Any]]:
    """The variables `together` by some parts of their index."""
    found: dict[tuple[str, ...], list[Any]] = {}
    for index, variable in model.together.items():
        found.setdefault(tuple(index[place] for place in places), []).append(variable)
    return found

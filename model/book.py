"""The ledger as rules read it: what land and projects book, and what the policy's own columns add (section 4, (2)).

`model.ledger[account, place, period]` is a Pyomo expression: the entry of land and projects, which solvers replace by
coefficients on their decisions, and the terms that uplift, captures, trade and finance have booked on the account.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pyomo.environ as pyo

from zonevest.instances.study import each, period_names
from zonevest.model.areas import TOTAL
from zonevest.model.builtin import actors
from zonevest.model.flows import AT_START_PRICES, CASH, ECOSYSTEM, FLAGS, OF_ACTOR, PAID_TO, is_worth
from zonevest.model.takings import site_account

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zonevest.model.ledger import Ledger

    Floats: TypeAlias = NDArray[np.float64]

Key = tuple[str, str, str]
"""Account, place and period; of a present value the period is `total`."""


@dataclass(frozen=True)
class Told:
    """A row as a plan tells of it in limits.csv: what is held, and the bound that holds it.

    Attributes
    ----------
    sense : <=, >= or ==.
    value, bound : Pyomo expressions or numbers.
    row : name of the row that enforces it, where its dual is sought.
    when : the row is told only where this is 1 (a project's start); None: always.
    tolerance : by how much the bound may be missed.
    number : the study's number that the bound is made of, where it is not the bound itself.
    per : what one of that number makes of the bound, an expression or a number; None: the row's right side is the
        number.
    cap : where no row stands behind the bound, the column whose upper bound it is, and a row of a choice that opens it.
    """

    limit: str
    account: str
    place: str
    period: str
    sense: str
    value: Any
    bound: Any
    unit: str
    row: str
    when: Any = None
    tolerance: float = 0.0
    number: float | None = None
    per: Any = None
    cap: tuple[str, ...] = ()


class Book:
    """Entries of the ledger by account, place and period, with what policy columns add to them.

    Attributes
    ----------
    added : (account, place, period) -> terms (coefficient, variable).
    fixed : (account, place, period) -> what is there whatever is decided.
    """

    def __init__(self, model: pyo.ConcreteModel, ledger: Ledger) -> None:
        self.source = ledger
        self.entry = model.entry = pyo.Var(pyo.Any, dense=False)
        self.added: defaultdict[Key, list[tuple[float, Any]]] = defaultdict(list)
        self.fixed: defaultdict[Key, float] = defaultdict(float)
        self.sums: dict[str, Callable[[str], Any]] = {}
        names = [*ledger.accounts_and_units().index, *(f"footprint.{name}" for name in ledger.works.names)]
        sites = ledger.works.sites.bounded()
        names += list(dict.fromkeys(site_account(code, redline, farmland) for code, _, redline, farmland in sites))
        told_apart = ledger.accounts.budgets.told_apart
        self._of_budgets = [f"money.{name}:{budget}" for budget, read in told_apart.items() for name in read]
        names += self._of_budgets
        self.actors = actors(ledger.study)
        self._flags = {
            row.project: [flag for flag in FLAGS if getattr(row, flag)] for row in each(ledger.study.projects)
        }
        self.paid = [name for name in (ledger.study.settings.equity.fund,) if name]
        names += [PAID_TO + actor for actor in self.paid]
        self.accounts = {*names, *(name + AT_START_PRICES for name in names), CASH, ECOSYSTEM}
        self.places = {*ledger.places, *(atom.name for atom in ledger.atoms)}
        self.periods = [*period_names(ledger.study.periods), TOTAL]

    def __getitem__(self, key: Key) -> Any:
        account, place, period = key
        for name, known in ((account, self.accounts), (place, self.places), (period, self.periods)):
            if name not in known:
                raise KeyError(f"the ledger has no {name!r}")
        return self.sums[account](place) if account in self.sums else self.plain(key)

    def plain(self, key: Key) -> Any:
        """An entry with what has been added to it; gains not yet compared with doing nothing."""
        account, place, _ = key
        key = (account, place, TOTAL) if is_worth(account) else key
        terms = sum(coefficient * variable for coefficient, variable in self.added.get(key, ()))
        if account.startswith(("finance.", "quota.")) and account not in self.source.accounts.names:
            return terms + self.fixed.get(key, 0.0)
        return self.entry[key] + terms if key in self.added else self.entry[key]

    def add(self, account: str, place: str, period: str, coefficient: float, variable: Any) -> None:
        """Book coefficient x variable on an account of a jurisdiction (``""``: none), and of the total."""
        if coefficient:
            for where in {place, TOTAL} - {""}:
                self.added[account, where, period].append((coefficient, variable))

    def pay(
        self,
        account: str,
        place: str,
        period: str,
        coefficient: float,
        variable: Any,
        *,
        project: str = "",
        price: float | None = None,
    ) -> None:
        """Book on an account of money, and the purse's part of it on the accounts `money.…`.

        Parameters
        ----------
        coefficient : mean per year (annual accounts) or total of the period, per unit of the variable.
        project : whose shares hold, and whose flags count.
        price : the coefficient at start prices, where it is another.
        """  # fmt: skip
        accounts, at = self.source.accounts, self.source.accounts.names.get_loc(account)
        years = self.source.clock.length[self.periods.index(period)]
        for suffix, amount in (("", coefficient), (AT_START_PRICES, coefficient if price is None else price)):
            self.add(account + suffix, place, period, amount, variable)
            for weight, name in self._money(project):
                part = accounts.part(weight, at, project)
                if name == "money.resource" and accounts.recurrence[at] == "one_off":
                    part = part / years
                if name.startswith(PAID_TO) and accounts.recurrence[at] == "annual":
                    part = part * years
                self.add(name + suffix, place, period, part * amount, variable)

    def _money(self, project: str) -> list[tuple[str, str]]:
        """By what weight an account counts in which accounts of money."""
        plain = ("revenue", "cost", "operating", "receipts", "outlay", "land_sale", "resource")
        names = [f"money.{name}" for name in plain]
        names += self._of_budgets
        names += [PAID_TO + actor for actor in self.paid]
        flags = self._flags.get(project, [])
        pairs = [(name, name) for name in names]
        pairs += [("money.outlay", f"money.outlay.{flag}") for flag in flags]
        if "restoration" not in flags:
            pairs.append(("money.outlay|restoration", "money.outlay.restoration"))
        return pairs

    def worth(self, name: str, place: str, coefficient: float, variable: Any) -> None:
        """Add to a present value: F1, F2 or an actor's gain."""
        self.add(name, place, TOTAL, coefficient, variable)

    def earn(self, account: str, place: str, coefficient: float, variable: Any, *, project: str = "") -> None:
        """Add a present value on an account of money or uplift to F1 and to the gains of actors, by their parts."""
        accounts, at = self.source.accounts, self.source.accounts.names.get_loc(account)
        for name in (CASH, *(OF_ACTOR + actor for actor in self.actors)):
            self.worth(name, place, accounts.part(name, at, project) * coefficient, variable)

    def load(self, weight: Floats, started: Floats, source: Ledger | None = None) -> None:
        """Give every entry its value under decisions on land and projects (of another ledger of the same study).

        Parameters
        ----------
        weight : x of each option, shape (options,).
        started : U, shape (projects, periods).
        """
        source, names = source or self.source, self.periods
        wanted = list(dict.fromkeys((account, period) for account, _, period in self.entry))
        places = list(dict.fromkeys(place for _, place, _ in self.entry))
        if not wanted:
            return
        # a present value over everything stands in the first period's place
        items = [(account, names.index(period) % (len(names) - 1)) for account, period in wanted]
        value = source.values(items, weight, started, places)
        column, row = {item: at for at, item in enumerate(wanted)}, {place: at for at, place in enumerate(places)}
        for (account, place, period), variable in self.entry.items():
            variable.set_value(float(value[row[place], column[account, period]]), skip_validation=True)

    def amounts(self) -> dict[Key, float]:
        """What policy columns have added, once their values are loaded."""
        keys = dict.fromkeys([*self.added, *self.fixed])
        return {
            key: self.fixed.get(key, 0.0) + sum(c * np.float64(v.value or 0.0) for c, v in self.added.get(key, ()))
            for key in keys
        }

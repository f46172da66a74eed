"""Uplift of catchments (FORMULATION.md section 7, (12)): projects raise the value of land, tools take a part of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyomo.environ as pyo

from zonevest.instances.study import each, items, period_names
from zonevest.model.capture import Tool, tools
from zonevest.model.flows import AT_START_PRICES
from zonevest.model.starts import once_worth

if TYPE_CHECKING:
    from zonevest.model.atoms import Atom
    from zonevest.model.ledger import Ledger


def define_uplift(model: pyo.ConcreteModel, ledger: Ledger) -> None:
    """`uplifted[j,s,ε,t]`: hectares of atom ε that newly enjoy the uplift of j, started in s, from t on.

    It books what a hectare rises by x hectares, at the price of the year of the increase, on the project's uplift
    account, and what each tool takes of it on the tool's revenue account.
    """
    names, study = period_names(ledger.study.periods), ledger.study
    raising = {row.project: row for row in each(study.projects) if row.catchment}
    reached = {j: [atom for atom in ledger.atoms if row.catchment in atom.catchments] for j, row in raising.items()}
    index = []
    for j in raising:
        for start, opened in _openings(ledger, j):
            index += [(j, names[start], atom.name, names[opened]) for atom in reached[j]]
    model.uplifted = pyo.Var(index, domain=pyo.NonNegativeReals)
    model.raising, model.reached, model.tools = raising, reached, tools(study)
    of_name = {atom.name: atom for atom in ledger.atoms}
    for j, s, place, t in index:
        _book(model, ledger, j, names.index(s), of_name[place], names.index(t))


def _openings(ledger: Ledger, project: str) -> list[tuple[int, int]]:
    """Every possible start, and the periods in which the project is open by the end."""
    j, clock = ledger.works.names.index(project), ledger.clock
    pairs = []
    for s in np.flatnonzero(ledger.works.possible[j]):
        opens = ledger.works.service[j * len(clock.length) + s]
        pairs += [(int(s), int(t)) for t in np.flatnonzero(clock.last >= opens)]
    return pairs


def lift(project: Any) -> float:
    """What a hectare of a project's catchment rises by, million at start prices: as much as is delivered."""
    return float(project.uplift_per_ha * project.deliverability)


def risen(model: pyo.ConcreteModel, ledger: Ledger, project: str, s: int, t: int) -> tuple[int, float, float]:
    """The year of an increase, and what a hectare rises by: at that year's price, and at start prices."""
    row, clock, accounts = model.raising[project], ledger.clock, ledger.accounts
    start = ledger.works.names.index(project) * len(clock.length) + s
    year = int(max(clock.begin[t], ledger.works.service[start]))
    growth = accounts.growth[accounts.names.get_loc(row.uplift_account)]
    flat = lift(row)
    return year, flat * float((1.0 + growth) ** (year - clock.years[0])), flat


def taken(
    model: pyo.ConcreteModel, ledger: Ledger, project: str, s: int, place: str, t: int
) -> list[tuple[Tool, int, float, float]]:
    """What tools take of a hectare: tool, first year, amount (once, or a year), and the amount at start prices."""
    account = model.raising[project].uplift_account
    (atom,) = (atom for atom in model.reached[project] if atom.name == place)
    year, amount, flat = risen(model, ledger, project, s, t)
    return [
        (tool, year + tool.delay, amount * tool.rate, flat * tool.rate)
        for tool in model.tools
        if tool.uplift_account == account and (not tool.where or tool.where in atom.where)
    ]


def _book(model: pyo.ConcreteModel, ledger: Ledger, project: str, s: int, atom: Atom, t: int) -> None:
    """What a hectare books: the uplift in the year of the increase, and what tools take of it afterwards."""
    clock, names, book = ledger.clock, period_names(ledger.study.periods), model.ledger
    start = ledger.works.names.index(project) * len(clock.length) + s
    account, place = model.raising[project].uplift_account, atom.jurisdiction
    variable = model.uplifted[project, names[s], atom.name, names[t]]
    year, amount, flat = risen(model, ledger, project, s, t)
    book.add(account, place, names[t], amount, variable)
    book.add(account + AT_START_PRICES, place, names[t], flat, variable)
    worth = amount * once_worth(ledger.works, start, year, clock.finance)
    book.earn(account, place, worth, variable, project=project)
    for tool, paid, amount, flat in taken(model, ledger, project, s, atom.name, t):
        share = np.zeros(len(clock.length))
        if tool.annual:
            share = clock.mean((clock.years >= paid).astype(float))
            worth = amount * float(clock.discount(clock.finance)[clock.years >= paid].sum())
        else:
            period = int(clock.period_with(np.array(paid)))
            share[period] = float(period >= 0)
            worth = amount * once_worth(ledger.works, start, paid, clock.finance)
        for name, part in zip(names, share.tolist(), strict=True):
            if part:
                book.pay(tool.account, place, name, amount * part, variable, project=project, price=flat * part)
        book.earn(tool.account, place, worth, variable, project=project)


def define_uplift_rows(model: pyo.ConcreteModel, ledger: Ledger) -> None:
    """(12) The rows of uplift."""
    define_reach(model, ledger)
    define_open(model, ledger)
    define_cap(model, ledger)


def define_reach(model: pyo.ConcreteModel, ledger: Ledger) -> None:
    """(12) `reach[j,ε,t]`: w_jεt = Σ d to date <= L_area of the named practices in ε.

    In words: the value of land rises only where it is used as the project needs. Unit: ha.
    """
    names, of = period_names(ledger.study.periods), {j: _wanted(row) for j, row in model.raising.items()}
    model.reach = pyo.Constraint(
        [key for key in _reached(model) if of[key[0]]],
        rule=lambda m, j, place, t: _enjoyed(m, names, j, place, t) - _under(m, of[j], place, t) <= 0,
    )


def define_open(model: pyo.ConcreteModel, ledger: Ledger) -> None:
    """(12) `open[j,s,ε]`: Σ_t d_jsεt <= A_jε u_js, A the most of ε that can be under the named practices.

    In words: and it rises only by a project that has started, from its opening on. Unit: ha.
    """
    names = period_names(ledger.study.periods)
    most = {
        (j, atom.name): _most(ledger, atom, _wanted(row))
        for j, row in model.raising.items()
        for atom in model.reached[j]
    }

    def open_(m: Any, j: str, s: str, place: str) -> Any:
        hectares = sum(m.uplifted[j, s, place, t] for t in names if (j, s, place, t) in m.uplifted)
        return hectares - most[j, place] * started(m, names, j, s) <= 0

    model.open = pyo.Constraint(list(dict.fromkeys((j, s, place) for j, s, place, _ in model.uplifted)), rule=open_)


def define_cap(model: pyo.ConcreteModel, ledger: Ledger) -> None:
    """(12) `cap[ε,t]`: Σ_j rate_j w_jεt <= cap x area_εt, over the projects that state one.

    In words: all projects together raise a hectare by no more than the cap. Unit: million.
    """
    names, of = period_names(ledger.study.periods), {j: _wanted(row) for j, row in model.raising.items()}
    capped = {
        atom.name: [j for j, row in model.raising.items() if atom in model.reached[j] and not np.isnan(row.uplift_cap)]
        for atom in ledger.atoms
    }
    area = {atom.name: atom.area for atom in ledger.atoms}

    def cap(m: Any, place: str, t: str) -> Any:
        projects = capped[place]
        practices = list(dict.fromkeys(name for j in projects for name in of[j]))
        room = _under(m, practices, place, t) if all(of[j] for j in projects) else area[place]
        most = min(m.raising[j].uplift_cap for j in projects)
        return sum(lift(m.raising[j]) * _enjoyed(m, names, j, place, t) for j in projects) - most * room <= 0

    rows = dict.fromkeys((place, t) for j, place, t in _reached(model) if j in capped[place])
    model.cap = pyo.Constraint(list(rows), rule=cap)


def _reached(model: pyo.ConcreteModel) -> list[tuple[str, str, str]]:
    """Each project, atom and period in which some of the atom may newly enjoy the project's uplift."""
    return list(dict.fromkeys((j, place, t) for j, _, place, t in model.uplifted))


def _wanted(project: Any) -> list[str]:
    """The practices whose land a project raises; none: all land."""
    return list(dict.fromkeys(items(project.uplift_of)))


def _enjoyed(m: Any, names: list[str], j: str, place: str, t: str) -> Any:
    """w_jεt: the hectares of an atom that enjoy a project's uplift by a period."""
    until = names[: names.index(t) + 1]
    return sum(m.uplifted[j, s, place, when] for s in names for when in until if (j, s, place, when) in m.uplifted)


def _under(m: Any, practices: list[str], place: str, t: str) -> Any:
    """The hectares of an atom under some practices."""
    return sum(m.ledger[f"area.practice.{name}", place, t] for name in practices)


@dataclass(frozen=True)
class Enjoyed:
    """Hectares of an atom that enjoy a project's uplift by a period: those where land use and open project meet.

    Attributes
    ----------
    variables : whose sum they are.
    state : U_js of the last start that is open by then.
    """

    variables: tuple[Any, ...]
    state: Any
    atom: Atom
    practices: tuple[str, ...]
    period: int


def enjoyed_by(model: pyo.ConcreteModel, ledger: Ledger) -> list[Enjoyed]:
    """Every sum of (12) that is at most Σ_i area_i min(x_i, U_js), x_i the parcel's options of the named practices."""
    names = period_names(ledger.study.periods)
    booked: dict[tuple[str, str], list[tuple[int, Any]]] = {}
    for (j, _, place, t), variable in model.uplifted.items():
        booked.setdefault((j, place), []).append((names.index(t), variable))
    found = []
    for (j, place), variables in booked.items():
        practices = tuple(items(model.raising[j].uplift_of))
        (atom,) = (atom for atom in model.reached[j] if atom.name == place)
        for t in range(len(names)) if practices else ():
            sum_ = tuple(variable for when, variable in variables if when <= t)
            starts = [s for s, opened in _openings(ledger, j) if opened == t]
            if sum_:
                found.append(Enjoyed(sum_, model.U[j, names[max(starts)]], atom, practices, t))
    return found


def _most(ledger: Ledger, atom: Atom, practices: list[str]) -> float:
    """The most hectares of an atom that can be under some practices in the end; all of it where none is named."""
    if not practices:
        return atom.area
    mask = np.zeros(len(ledger.options.kind_pattern), dtype=bool)
    for name in practices:
        mask |= ledger.states.mask(f"area.practice.{name}", len(ledger.clock.length) - 1)
    able = np.zeros(len(ledger.options.first), dtype=bool)
    np.logical_or.at(able, ledger.options.kind_pattern, mask)
    area = np.bincount(ledger.options.pattern, weights=ledger.study.parcels["area_ha"], minlength=len(able))
    return float(area @ (able & atom.patterns))


def started(m: Any, names: list[str], j: str, s: str) -> Any:
    """u_js = U_js - U_j,s-1."""
    position = names.index(s)
    return m.U[j, s] - m.U[j, names[position - 1]] if position else m.U[j, s]

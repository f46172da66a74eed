"""The policy model: limits, projects and the objective on the ledger, as a Pyomo model.

`policy_model` reads as a table of contents of FORMULATION.md sections 5, 7 and 9: one function per row family. Rows
speak of `model.ledger[account, place, period]`, of `model.F1` and `model.F2`, and of the policy's own variables; no
row names a parcel. Whoever wants another rule adds a Pyomo constraint on `model.ledger`.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pyomo.environ as pyo

from zonevest.instances.study import each, items, period_names
from zonevest.model import finance, funding, soundness
from zonevest.model.areas import TOTAL
from zonevest.model.book import Book
from zonevest.model.finance import Sums, define_draws
from zonevest.model.flows import CASH, ECOSYSTEM
from zonevest.model.gains import define_gains, define_transfers
from zonevest.model.ledger import Ledger
from zonevest.model.limits import define_limits, total_or_period
from zonevest.model.markets import define_market_rows, define_markets
from zonevest.model.options import build_options
from zonevest.model.past import leave_past
from zonevest.model.portfolio import define_portfolio
from zonevest.model.quotas import define_quota_rows, define_quotas
from zonevest.model.self_support import define_self_support
from zonevest.model.synergies import define_synergies, define_synergy_rows
from zonevest.model.takings import site_account
from zonevest.model.uplift import define_uplift, define_uplift_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from zonevest.instances.study import Study

ACCOUNTS = "accounts"
"""The term of a lexicographic order that stands for all weighted accounts together."""
ROW_FAMILIES = (
    "stay",
    "requires",
    "exclusive",
    "bundle",
    "footprint",
    "pool",
    "enable",
    "land_take",
    "site_take",
    "limit",
    "reach",
    "open",
    "cap",
    "portfolio",
    "quota",
    "quota_sold",
    "quota_buy",
    "quota_sell",
    "step_area",
    "step_full",
    "step_open",
    "synergy_first",
    "synergy_second",
    "synergy_both",
    "cash",
    "reserve",
    "budget_transfer",
    "draw_cap",
    "fund_project",
    "instrument_total",
    "instrument_period",
    "debt_ratio_cap",
    "interest_share_general",
    "interest_share_fund",
    "dscr_min",
    "golden_rule",
    "refinance_share",
    "cover_min",
    "lean",
    "operating_balance",
    "land_sale_share_cap",
    "green_share_min",
    "real_estate_share_max",
    "reinvestment_min",
    "fund",
    "participation",
    "participation_jurisdiction",
    "jurisdiction_floor",
    "positive",
    "floor_share",
    "floor",
    "keep",
)
"""Names of the policy's row families; rows are named family[index]."""


def policy_model(
    source: Study | Ledger, *, stage: int = 0, earlier: Mapping[str, float] | None = None
) -> pyo.ConcreteModel:
    """The policy part of a study as a Pyomo model.

    Parameters
    ----------
    source : a study, or the ledger already built from it.
    stage : method lexicographic only: which term of `order` is maximised (default the first).
    earlier : method lexicographic only: the least gain to keep of each earlier term.

    Returns
    -------
    ConcreteModel
        With `ledger`, `F1`, `F2`, `U`, the row families of `ROW_FAMILIES` and `objective`; `model.source` is the
        ledger behind it.
    """
    ledger = source if isinstance(source, Ledger) else Ledger(build_options(source))
    model = pyo.ConcreteModel(name=ledger.study.settings.name)
    define_variables(model, ledger)
    define_uplift(model, ledger)
    define_quotas(model, ledger)
    define_markets(model, ledger)
    define_synergies(model, ledger)
    if ledger.study.settings.finance is not None:
        define_draws(model, ledger)
    define_transfers(model, ledger)
    define_worth(model)
    define_starts(model, ledger)
    define_precedence(model, ledger)
    define_exclusive_sets(model, ledger)
    define_bundles(model, ledger)
    define_footprints(model, ledger)
    define_minimum_pools(model, ledger)
    define_enabled_practices(model, ledger)
    define_land_take(model, ledger)
    define_site_take(model, ledger)
    define_limits(model, ledger)
    define_uplift_rows(model, ledger)
    define_portfolio(model, ledger)
    define_quota_rows(model, ledger)
    define_market_rows(model, ledger)
    define_synergy_rows(model, ledger)
    if ledger.study.settings.finance is not None:
        define_money(model)
    define_gains(model, ledger)
    define_floor(model, ledger)
    leave_past(model, ledger.study)
    set_stage(model, stage, earlier or {})
    return model


def define_money(model: pyo.ConcreteModel) -> None:
    """(14) to (23): every row of section 8 that speaks of the budget entity's money."""
    sums = Sums(model)
    finance.define_cash(model, sums)
    finance.define_reserve(model, sums)
    finance.define_budget_transfer(model, sums)
    funding.define_draw_cap(model, sums)
    funding.define_fund_project(model, sums)
    funding.define_instrument_total(model, sums)
    funding.define_instrument_period(model, sums)
    soundness.define_debt_ratio(model, sums)
    soundness.define_interest_share_general(model, sums)
    soundness.define_interest_share_fund(model, sums)
    soundness.define_cover(model, sums)
    soundness.define_golden_rule(model, sums)
    soundness.define_refinance_share(model, sums)
    define_self_support(model, sums)
    soundness.define_balance(model, sums)
    soundness.define_land_sale_share_cap(model, sums)
    soundness.define_green_share_min(model, sums)
    soundness.define_real_estate_share_max(model, sums)
    soundness.define_reinvestment(model, sums)


def set_stage(model: pyo.ConcreteModel, stage: int, earlier: Mapping[str, float]) -> None:
    """Turn a policy model to another stage of the lexicographic method; other methods have one stage."""
    model.del_component("keep")
    model.del_component("objective")
    define_kept_terms(model, model.source, earlier)
    define_objective(model, model.source, stage)


def set_stage_after(model: pyo.ConcreteModel, stages: Sequence[Mapping[str, Any]]) -> None:
    """Turn a policy model to the stage after those that were solved: each keeps its best, less the tolerance.

    Parameters
    ----------
    stages : of each its ``term`` and the best ``value`` found, in order.
    """
    tolerance = model.source.study.settings.objective.tolerance
    set_stage(model, len(stages), {each["term"]: each["value"] - tolerance * abs(each["value"]) for each in stages})


def define_variables(model: pyo.ConcreteModel, ledger: Ledger) -> None:
    """Ledger entries, F1, F2 and project states.

    Ledger entries come into being when a rule names them: account, place (total, a jurisdiction, a tag) and period;
    units as the account's, per year, per period or as a stock. U_jt is 1 when project j has started by period t.
    """
    model.source = ledger
    model.ledger = Book(model, ledger)
    model.told = []
    model.PERIODS = pyo.Set(initialize=period_names(ledger.study.periods))
    model.PROJECTS = pyo.Set(initialize=ledger.works.names)
    model.U = pyo.Var(model.PROJECTS, model.PERIODS, domain=pyo.Binary)
    model.give = pyo.Var(pyo.Any, domain=pyo.NonNegativeReals, dense=False)


def define_worth(model: pyo.ConcreteModel) -> None:
    """F1 and F2, present values in million: those of land and projects, and what policy columns add to them.

    Captures, quota trades, grants and the price of debt count in F1.
    """
    model.F1 = pyo.Expression(expr=model.ledger[CASH, TOTAL, TOTAL])
    model.F2 = pyo.Expression(expr=model.ledger[ECOSYSTEM, TOTAL, TOTAL])


def define_starts(model: pyo.ConcreteModel, ledger: Ledger) -> None:
    """(5) `stay[j,t]`: U_jt - U_j,t-1 >= 0, and = 0 where no start in t is possible; mandated: U_jT = 1.

    In words: what has started stays started; a project starts once, inside its window, early enough to be finished,
    and where it passes the tests of `zonevest.model.appraisal`. Unit: numbers.
    """
    names = period_names(ledger.study.periods)
    possible = dict(zip(ledger.works.names, ledger.works.possible, strict=True))
    for project in ledger.works.names:
        for name in names[: int(possible[project].argmax()) if possible[project].any() else len(names)]:
            model.U[project, name].setub(0)
    for row in each(ledger.study.projects):
        if row.mandatory:
            model.U[row.project, names[-1]].setlb(1)
    later = [(j, t) for j in ledger.works.names for t in names[1:]]

    def stay(m: Any, j: str, t: str) -> Any:
        position = names.index(t)
        newly = m.U[j, t] - m.U[j, names[position - 1]]
        return newly >= 0 if possible[j][position] else newly == 0

    model.stay = pyo.Constraint(later, rule=stay)


def define_precedence(model: pyo.ConcreteModel, ledger: Ledger) -> None:
    """(6) `requires[j,j',t]`: U_jt <= U_j',τ, τ the last period that begins at least the lag before t.

    In words: a project starts only when each project it requires has started, the lag (years) earlier. Unit: numbers.
    """
    names, begin = period_names(ledger.study.periods), ledger.clock.begin
    lag = {row.project: row.requires_lag for row in each(ledger.study.projects)}
    rows = [
        (row.project, other, t) for row in each(ledger.study.projects) for other in items(row.requires) for t in names
    ]

    def requires(m: Any, j: str, other: str, t: str) -> Any:
        before = np.flatnonzero(begin <= begin[names.index(t)] - lag[j])
        return m.U[j, t] - (m.U[other, names[before[-1]]] if len(before) else 0) <= 0

    model.requires = pyo.Constraint(rows, rule=requires)


def define_exclusive_sets(model: pyo.ConcreteModel, ledger: Ledger) -> None:
    """(7) `exclusive[set]`: Σ_j∈set U_jT <= 1.

    In words: of the set at most one project is ever built. Unit: numbers.
    """
    last = ledger.study.periods[-1].name
    sets = dict(_groups(ledger.study, "exclusive_set"))
    model.exclusive = pyo.Constraint(list(sets), rule=lambda m, name: sum(m.U[j, last] for j in sets[name]) <= 1)


def define_bundles(model: pyo.ConcreteModel, ledger: Ledger) -> None:
    """(8) `bundle[set,j,t]`: U_jt = U_j't, j' the bundle's first.

    In words: a bundle starts together or not at all. Unit: numbers.
    """
    sets = _groups(ledger.study, "bundle")
    rows = [(name, j, t) for name, members in sets for j in members[1:] for t in period_names(ledger.study.periods)]
    first = {name: members[0] for name, members in sets}
    model.bundle = pyo.Constraint(rows, rule=lambda m, name, j, t: m.U[j, t] - m.U[first[name], t] == 0)


def define_footprints(model: pyo.ConcreteModel, ledger: Ledger) -> None:
    """(9) `footprint[j,t]`: L_footprint.j,t >= area(F_j) U_jt.

    In words: once started, all of a project's drawn land lies in a zone (and under the practice) that admits it.
    A program that knows the parcels writes the tighter Σ_k not ok x_k + U_jt <= 1 for each of them instead. Unit: ha.
    """
    area = ledger.study.parcels.set_index("parcel_id")["area_ha"]
    drawn = {
        row.project: float(area[items(row.footprint)].sum()) for row in each(ledger.study.projects) if row.footprint
    }
    model.footprint = pyo.Constraint(
        [(j, t) for j in drawn for t in period_names(ledger.study.periods)],
        rule=lambda m, j, t: m.ledger[f"footprint.{j}", TOTAL, t] - drawn[j] * m.U[j, t] >= 0,
    )


def define_minimum_pools(model: pyo.ConcreteModel, ledger: Ledger) -> None:
    """(10) `pool[j,t]`: L_area,t >= lo + (A_j - lo) U_jt, lo the least area that options and takings allow.

    In words: a project that lives on a pool of land starts only when the pool has its minimum size. Unit: ha.
    """
    rows, least = {}, {}
    for row in each(ledger.study.projects):
        if row.min_area_of and row.min_area > 0:
            account = "area." + row.min_area_of.replace(":", ".")
            for position, name in enumerate(period_names(ledger.study.periods)):
                rows[row.project, name] = (account, row.min_area)
                taken = np.maximum(-ledger.works.take(account, None), 0.0)
                taken = taken @ ledger.works.possible[:, : position + 1].any(axis=1)
                least[row.project, name] = area_range(ledger, account, position)[0] - float(taken)

    def pool(m: Any, j: str, t: str) -> Any:
        account, needed = rows[j, t]
        lo = least[j, t]
        return m.ledger[account, TOTAL, t] - (needed - lo) * m.U[j, t] >= lo

    model.pool = pyo.Constraint(list(rows), rule=pool)


def define_enabled_practices(model: pyo.ConcreteModel, ledger: Ledger) -> None:
    """(11) `enable[m,t]`: L_area.practice.m,t <= Σ_j min(A_j, what is possible) U_jt.

    In words: a practice that needs a project covers no more land than the started projects enable. Unit: ha.
    """
    projects = ledger.study.projects
    enabling = {
        practice: [(row.project, row.enables_area) for row in each(projects) if practice in items(row.enables)]
        for practice in ledger.study.practices.loc[ledger.study.practices["requires_project"], "practice"]
    }
    names = period_names(ledger.study.periods)

    def enable(m: Any, practice: str, t: str) -> Any:
        account = f"area.practice.{practice}"
        possible = area_range(ledger, account, names.index(t))[1]
        room = sum(np.fmin(area, possible) * m.U[j, t] for j, area in enabling[practice])
        return m.ledger[account, TOTAL, t] - room <= 0

    model.enable = pyo.Constraint([(m, t) for m in enabling for t in names], rule=enable)


def define_land_take(model: pyo.ConcreteModel, ledger: Ledger) -> None:
    """(9) `land_take[c,g,t]`: L_area.class.c,g,t >= 0.

    In words: projects without a drawn site take no more land of a class than there is. Unit: ha.
    """
    pairs = list(dict.fromkeys((taking.land_class, taking.place or TOTAL) for taking in ledger.works.sites.takings))
    model.land_take = pyo.Constraint(
        [(c, g, t) for c, g in pairs for t in period_names(ledger.study.periods)],
        rule=lambda m, c, g, t: m.ledger[f"area.class.{c}", g, t] >= 0,
    )


def define_site_take(model: pyo.ConcreteModel, ledger: Ledger) -> None:
    """(9) `site_take[c,g,redline,basic_farmland,t]`: L_site.redline.basic_farmland.c,g,t >= 0.

    In words: what projects without a drawn site take lies on no line that they do not admit: of the land of the class
    on no such line there is as much as all projects of that admission, or of a narrower one, have taken. Applies to
    the admissions of projects by which some parcel of the place is kept from them. Unit: ha.
    """
    rows = [(c, g or TOTAL, redline, int(farmland)) for c, g, redline, farmland in ledger.works.sites.bounded()]
    model.site_take = pyo.Constraint(
        [(*row, t) for row in rows for t in period_names(ledger.study.periods)],
        rule=lambda m, c, g, redline, farmland, t: m.ledger[site_account(c, redline, farmland), g, t] >= 0,
    )


def define_floor(model: pyo.ConcreteModel, ledger: Ledger) -> None:
    """(25) `floor[ecosystem]`: F2 >= share x F2°; `floor[cash]`: F1 - F1° >= an absolute gain.

    In words: cash is maximised while ecosystem value keeps its share of doing nothing's (or the other way round), or
    their weighted sum while both keep theirs.
    Unit: million, present value.
    """
    objective = ledger.study.settings.objective
    floors = dict(objective.floor)
    nothing = doing_nothing(ledger)

    def floor(m: Any, term: str) -> Any:
        if term == "ecosystem":
            return floors[term] * nothing["ecosystem"] <= m.F2
        return nothing["cash"] + floors[term] <= m.F1

    model.floor = pyo.Constraint(list(floors), rule=floor)


def define_kept_terms(model: pyo.ConcreteModel, ledger: Ledger, earlier: Mapping[str, float]) -> None:
    """(25) `keep[term]`: gain of the term >= what the earlier stage of the lexicographic method leaves it.

    In words: a term that was maximised first keeps its best, less the tolerance. Unit: the term's.
    """
    model.keep = pyo.Constraint(list(earlier), rule=lambda m, term: _gain(m, ledger, term) >= earlier[term])


def define_objective(model: pyo.ConcreteModel, ledger: Ledger, stage: int) -> None:
    """(25) `objective`: max V, V = λ1 (F1 - F1°) + λ2 (F2 - F2°) + Σ w (L - L°) - penalties; ° is doing nothing.

    In words: gains over doing nothing, less what rows that give cost. Unit: million, present value, or points.
    """
    objective = ledger.study.settings.objective
    if objective.method == "lexicographic":
        value = _gain(model, ledger, objective.order[stage])
        final = stage == len(objective.order) - 1
    else:
        weights = objective_weights(ledger.study)
        value = sum(weight * _gain(model, ledger, term) for term, weight in weights.items() if weight)
        final = True
    if final:
        penalty = {row.limit: row.penalty for row in each(ledger.study.limits) if row.kind == "soft"}
        for slack in (model.short, model.excess):
            value -= sum(penalty[key[0]] * slack[key] for key in slack)
        if ledger.study.settings.finance is not None:
            value -= sum(ledger.study.settings.finance.soft[key[0]] * slack for key, slack in model.give.items())
    model.objective = pyo.Objective(expr=value, sense=pyo.maximize)


def _gain(m: Any, ledger: Ledger, term: str) -> Any:
    """A term of the objective above doing nothing: cash, ecosystem, an account's total, or all weighted accounts."""
    nothing = doing_nothing(ledger)
    if term == "cash":
        return m.F1 - nothing["cash"]
    if term == "ecosystem":
        return m.F2 - nothing["ecosystem"]
    if term == ACCOUNTS:
        weights = ledger.study.settings.objective.accounts
        return sum(weight * _gain(m, ledger, account) for account, weight in weights.items())
    return total_or_period(m.ledger, ledger, term, TOTAL, TOTAL) - nothing[term]


def objective_weights(study: Study) -> dict[str, float]:
    """What a plan's objective weighs: cash, ecosystem and accounts; of the lexicographic method the last term."""
    objective = study.settings.objective
    weights = dict(objective.accounts)
    if objective.method == "lexicographic":
        return weights if objective.order[-1] == ACCOUNTS else {objective.order[-1]: 1.0}
    if objective.method == "floor":
        return weights | {"ecosystem" if "cash" in objective.floor else "cash": 1.0}
    return weights | {"cash": objective.cash, "ecosystem": objective.ecosystem}


def doing_nothing(ledger: Ledger) -> dict[str, float]:
    """What the objective compares with: F1 (`cash`), F2 (`ecosystem`) and account totals of doing nothing.

    All 0 without a doing-nothing state (`hold = false`, `unassigned = true`) and with weights on accounts only.
    """
    objective = ledger.study.settings.objective
    if objective.method == "lexicographic":
        worth = not {"cash", "ecosystem"}.isdisjoint(objective.order)
    else:
        worth = objective.method == "floor" or bool(objective.cash or objective.ecosystem or objective.floor)
    if not worth or not ledger.study.has_doing_nothing:
        return defaultdict(float)
    return ledger.doing_nothing(tuple(sorted(objective.accounts)))


def area_range(ledger: Ledger, account: str, period: int) -> tuple[float, float]:
    """Least and greatest area that the options allow in an account of hectares, whatever is decided."""
    mask = ledger.states.mask(account, period).astype(float)
    pattern = ledger.options.kind_pattern
    low, high = np.ones(len(ledger.options.first)), np.zeros(len(ledger.options.first))
    np.minimum.at(low, pattern, mask)
    np.maximum.at(high, pattern, mask)
    area = np.bincount(ledger.options.pattern, weights=ledger.study.parcels["area_ha"].to_numpy(), minlength=len(low))
    return float(low @ area), float(high @ area)


def _groups(study: Study, column: str) -> list[tuple[str, list[str]]]:
    """Projects by the sets that a column of the projects table names, in table order."""
    sets: dict[str, list[str]] = {}
    for project, name in zip(study.projects["project"], study.projects[column], strict=True):
        if name:
            sets.setdefault(name, []).append(project)
    return list(sets.items())

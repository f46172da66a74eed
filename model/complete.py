"""The complete model: everything in one Pyomo model, written apart from the build that the package solves.

It is slow and plain on purpose. It enumerates the options parcel by parcel, works out every coefficient year by year
and writes every row as FORMULATION.md has it, so that any solver that Pyomo knows can take it and the other build can
be compared with it row by row. The names of variables and rows:

==============================  ====================================  =====================================
name                            index                                 in words
==============================  ====================================  =====================================
``x``                           parcel, practice, start               the parcel follows the practice
``U``                           project, period                       the project has started by then
``short, excess``               limit, place, period                  what a soft limit lacks, or is over
``uplifted``                    project, start, atom, period          hectares that newly enjoy its uplift
``together``                    project, project, start, start        both have started, each then
``sold``                        account, area, place, k, period       hectares at the price of step k
``filled``                      account, area, place, k, period       step k is full
``buy, sell, balance``          quota, place, period                  quota traded, and what is left of it
``draw``                        instrument, project, start, period    raised for a project
``raised``                      instrument, period                    raised in general
``cash_end``                    period, or budget, period             cash at the end of the period
``passed``                      budget, budget, period                cash passed on to another budget
``transfer``                    jurisdiction, period                  what the fund hands on
``positive_gain``               actor                                 an actor's gain where it is one
``give``                        row, index…                           what a soft row of money gives
``leans``                       project, start                        it uses bonds that support themselves
``ledger``                      account, place, period                (2) an expression, never a variable
``assign``                      parcel                                (1) one option per parcel
``stay``                        project, period                       (5) what has started stays started
``requires``                    project, required, period             (6) one project after another
``exclusive``                   set                                   (7) at most one of the set
``bundle``                      bundle, project, period               (8) all together
``footprint``                   project, parcel, period               (9) the site is zoned for the project
``pool``                        project, period                       (10) enough land before it starts
``enable``                      practice, period                      (11) land that waits for a project
``land_take``                   class, jurisdiction or total, period  no more is taken than is there
``site_take``                   class, place, admission, period       nor where its project may not stand
``limit``                       limit, place, period                  (3) a row of the limits table
``step_area``                   account, area, place, period          all of the area has its price
``step_full``                   account, area, place, k, period       a step is filled
``step_open``                   account, area, place, k, period       before the next is opened
``quota``                       quota, place, period                  (4) what is used was there
``quota_sold``                  quota, place                          (4) what is sold was generated
``quota_buy``                   quota, period                         the market's cap, of all places
``quota_sell``                  quota, period                         the market's cap, of all places
``reach``                       project, atom, period                 (12) uplift where its practices are
``open``                        project, start, atom                  (12) uplift once it has started
``cap``                         atom, period                          (12) so much for a hectare at most
``synergy_first``               project, project, start               together only if the one starts
``synergy_second``              project, project, start               and if the other does
``synergy_both``                project, project                      and always if both do
``portfolio``                   none                                  (13) all projects are worth their cost
``cash``                        period, or budget, period             (14) cash follows from what happens
``reserve``                     period, or budget, period             (14) cash is never short
``budget_transfer``             budget, budget, period                (14) so much is passed on at most
``draw_cap``                    project, start                        (15) equity brings its share
``fund_project``                project, start                        (15) no more than it costs
``instrument_total``            instrument                            (15) the instrument's limit in all
``instrument_period``           instrument, period                    (15) its limit in a period
``debt_ratio_cap``              period                                (16) debt to fiscal resources
``interest_share_general``      period                                (16) interest to general expenditure
``interest_share_fund``         period                                (16) interest to fund expenditure
``dscr_min``                    period, or budget, period             (17) debt-service cover
``golden_rule``                 period                                (18) debt pays for outlays
``refinance_share``             period                                (18) a part is paid down
``cover_min``                   project, start                        (19) a project serves its own bonds
``lean``                        project, start                        (19) only where it leans on them
``operating_balance``           period                                (20) interest out of recurring cash
``land_sale_share_cap``         period                                (21) sale of land to revenue
``green_share_min``             period                                (22) green outlay
``real_estate_share_max``       period                                (22) real-estate outlay
``reinvestment_min``            period                                (23) resource income goes back
``fund``                        period                                (24) it hands on what it has
``participation``               actor                                 (24) who takes part does not lose
``participation_jurisdiction``  jurisdiction                          (24) nor does any jurisdiction
``jurisdiction_floor``          jurisdiction                          (24) gain per head, a share of all
``floor_share``                 actor                                 (24) its share of the gains
``positive``                    actor                                 (24) what counts as a gain
``floor``                       ecosystem or cash                     (25) the value that must be kept
``keep``                        term                                  (25) what an earlier term keeps
==============================  ====================================  =====================================
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from itertools import product
from typing import Any

import pyomo.environ as pyo

from zonevest.instances.accounts import GAINS
from zonevest.instances.study import Study, items
from zonevest.model.complete_finance import draw_cap, fund_project, instrument_total
from zonevest.model.complete_gains import floor_share, fund, jurisdiction_floor, participation
from zonevest.model.complete_hurdle import portfolio
from zonevest.model.complete_ledger import TOTAL
from zonevest.model.complete_money import money
from zonevest.model.complete_objective import objective
from zonevest.model.complete_options import GRADES, Record, records
from zonevest.model.complete_parts import Build, pool_account
from zonevest.model.complete_prices import price_steps
from zonevest.model.complete_quotas import quota, quota_buy, quota_sold
from zonevest.model.complete_synergies import synergy
from zonevest.model.complete_terms import Terms, linear
from zonevest.model.complete_uplift import cap, open_, reach
from zonevest.model.past import leave_past


def pyomo_model(study: Study, *, stage: int = 0, earlier: Mapping[str, float] | None = None) -> pyo.ConcreteModel:
    """Write the whole study as one Pyomo model.

    Parameters
    ----------
    study
        A checked study.
    stage
        Which term of a lexicographic order is maximised, counted from 0; of no matter to the other methods.
    earlier
        The least gain that each earlier term must keep, by term (cash, ecosystem or accounts).

    Returns
    -------
    A model to maximise; its objective is the gain over doing nothing, less the penalties of soft limits and rows.

    Raises
    ------
    StudyError
        Where the totals of [finance] are less than what the ledger books for today's land.
    """
    build = Build(study)
    assign(build)
    stay(build)
    requires(build)
    exclusive(build)
    bundle(build)
    footprint(build)
    pool(build)
    enable(build)
    land_take(build)
    site_take(build)
    limit(build)
    quota(build)
    quota_sold(build)
    quota_buy(build)
    reach(build)
    open_(build)
    cap(build)
    portfolio(build)
    synergy(build)
    price_steps(build)
    draw_cap(build)
    fund_project(build)
    instrument_total(build)
    money(build)
    fund(build)
    participation(build)
    jurisdiction_floor(build)
    floor_share(build)
    leave_past(build.model, study)
    objective(build, stage, earlier or {})
    return build.model


def assign(build: Build) -> None:
    """(1) Σ_{k∈K_i} x_k = 1. In words: a parcel follows one option. Applies to every parcel; ``assign[parcel]``."""
    model = build.model
    model.assign = pyo.Constraint(pyo.Any)
    for parcel_id, choices in build.choices.items():
        model.assign[parcel_id] = (1.0, linear((1.0, choice.x) for choice in choices), 1.0)


def stay(build: Build) -> None:
    """(5) U_t − U_{t−1} ≥ 0, and = 0 where the project cannot start in t; U = 0 before its first possible start.

    In words: what has started stays started, and starts only when it can; a mandated project has started by the end.
    Applies to every project from the second period; ``stay[project, period]``.
    """
    model, names = build.model, build.names
    model.stay = pyo.Constraint(pyo.Any)
    for j, project in build.land.projects.items():
        possible = build.possible[j]
        for t, name in enumerate(names):
            if not any(s <= t for s in possible):
                model.U[j, name].setub(0)
            if t > 0:
                step = model.U[j, name] - model.U[j, names[t - 1]]
                model.stay[j, name] = step >= 0 if t in possible else step == 0
        if project["mandatory"]:
            model.U[j, names[-1]].setlb(1)


def requires(build: Build) -> None:
    """(6) U_jt − U_j',τ ≤ 0, τ the last period that begins at least the lag before t (U_jt ≤ 0 where there is none).

    In words: a project starts only after those it requires. ``requires[project, required, period]``.
    """
    model, periods = build.model, build.study.periods
    model.requires = pyo.Constraint(pyo.Any)
    for j, project in build.land.projects.items():
        for required in items(project["requires"]):
            for period in periods:
                early = [p.name for p in periods if p.start + project["requires_lag"] <= period.start]
                body = model.U[j, period.name] - model.U[required, early[-1]] if early else model.U[j, period.name]
                model.requires[j, required, period.name] = body <= 0


def exclusive(build: Build) -> None:
    """(7) Σ_j U_j,last ≤ 1. In words: at most one project of the set over the horizon. ``exclusive[set]``."""
    model = build.model
    model.exclusive = pyo.Constraint(pyo.Any)
    for name, projects in build.land.members("exclusive_set").items():
        model.exclusive[name] = linear((1.0, model.U[j, build.names[-1]]) for j in projects) <= 1


def bundle(build: Build) -> None:
    """(8) U_jt − U_first,t = 0. In words: a bundle's projects start together. ``bundle[bundle, project, period]``."""
    model = build.model
    model.bundle = pyo.Constraint(pyo.Any)
    for name, projects in build.land.members("bundle").items():
        for j in projects[1:]:
            for period in build.names:
                model.bundle[name, j, period] = model.U[j, period] - model.U[projects[0], period] == 0


def footprint(build: Build) -> None:
    """(9) Σ_{k not ok in t} x_k + U_jt ≤ 1. In words: from its start on, the project's site is zoned for it.

    Applies where a parcel of the footprint has an option that is not ok; ``footprint[project, parcel, period]``.
    """
    model, land = build.model, build.land
    model.footprint = pyo.Constraint(pyo.Any)
    for j, project in land.projects.items():
        zones, practice = items(project["footprint_zones"]), project["footprint_practice"]
        for parcel_id in items(project["footprint"]):
            for t, period in enumerate(build.names):
                terms = []
                for choice in build.choices[parcel_id]:
                    zone = land.zone_in(choice.parcel, choice.option, t)
                    zoned = bool(set(land.lineage(zone)) & set(zones)) if zones else bool(zone)
                    if not zoned or (practice and land.practice_in(choice.option, t) != practice):
                        terms.append((1.0, choice.x))
                if terms:
                    model.footprint[j, parcel_id, period] = linear([*terms, (1.0, model.U[j, period])]) <= 1


def pool(build: Build) -> None:
    """(10) L_area,t ≥ lo + (A_j − lo) U_jt. In words: the project starts only over its least area.

    lo is the least that the area can be: of every parcel the least of its options, less what projects may take of it.
    Applies to projects with min_area (ha); ``pool[project, period]``.
    """
    model = build.model
    model.pool = pyo.Constraint(pyo.Any)
    for j, project in build.land.projects.items():
        if not project["min_area_of"] or not project["min_area"] > 0:
            continue
        account, area = pool_account(project), project["min_area"]
        for t, period in enumerate(build.names):
            least = build.least_and_most(account, t)[0] - most_taken(build, account, t)
            body = build.ledger(account, TOTAL, period) - (area - least) * model.U[j, period]
            model.pool[j, period] = body >= least


def most_taken(build: Build, account: str, t: int) -> float:
    """The most that projects together may take from an area by period t (ha)."""
    takes: dict[str, float] = defaultdict(float)
    for start in build.starts:
        series = build.books_of_start(start, TOTAL, False).get(account)
        if series is not None:
            takes[start.project["project"]] = max(takes[start.project["project"]], -series[t])
    return sum(takes.values())


def enable(build: Build) -> None:
    """(11) L_area.practice,t − Σ_j min(A_j, possible) U_jt ≤ 0. In words: some land waits for a project.

    `possible` is all the land that can be under the practice in t. Applies to practices with requires_project that a
    project enables; ``enable[practice, period]``.
    """
    model = build.model
    model.enable = pyo.Constraint(pyo.Any)
    for name, practice in build.land.practices.items():
        projects = {j: row for j, row in build.land.projects.items() if name in items(row["enables"])}
        if not practice["requires_project"] or not projects:
            continue
        for t, period in enumerate(build.names):
            possible = build.least_and_most(f"area.practice.{name}", t)[1]
            # A blank enables_area (NaN) compares as false: no limit but what is possible.
            terms = [
                (row["enables_area"] if row["enables_area"] < possible else possible, model.U[j, period])
                for j, row in projects.items()
            ]
            model.enable[name, period] = build.ledger(f"area.practice.{name}", TOTAL, period) - linear(terms) <= 0


def land_take(build: Build) -> None:
    """L_area.class,gt ≥ 0: the class's land after all options, less what the projects started take, is not negative.

    Applies to every class and jurisdiction that land_take names; ``land_take[class, jurisdiction, period]``.
    """
    model = build.model
    model.land_take = pyo.Constraint(pyo.Any)
    for land_class, place in {
        (take["land_class"], take["jurisdiction"] or TOTAL): None for take in build.book.sites.takes
    }:
        for period in build.names:
            model.land_take[land_class, place, period] = build.ledger(f"area.class.{land_class}", place, period) >= 0


def site_take(build: Build) -> None:
    """(9) Σ area x of the class at the end of t on no line outside the admission − Σ taken under no wider one ≥ 0.

    In words: what is taken without a drawn site lies where the project may stand. Applies to the class, place and
    admission of every taking, and the common one of two takings, where a parcel of the place is kept from it;
    ``site_take[class, jurisdiction or total, redline, basic_farmland, period]``.
    """
    model, land, takes = build.model, build.land, build.book.sites.takes
    model.site_take = pyo.Constraint(pyo.Any)
    keys: dict[tuple[str, str, str, int], None] = {}
    for take in takes:
        project = land.projects[take["project"]]
        place = take["jurisdiction"] or TOTAL
        keys[take["land_class"], place, project["redline_ok"], int(project["basic_farmland_ok"])] = None
    for (land_class, place, redline, farmland), (same, there, grade, basic) in product(list(keys), repeat=2):
        if (same, there) == (land_class, place):
            keys[land_class, place, max(redline, grade, key=GRADES.index), max(farmland, basic)] = None
    for land_class, place, redline, farmland in keys:
        parcels = build.parcels_at.get(place, [])
        kept = [each for each in parcels if land.clear_of_lines(land.parcels[each], redline, bool(farmland))]
        if len(kept) == len(parcels):
            continue
        for t, period in enumerate(build.names):
            terms: Terms = [
                (choice.parcel["area_ha"], choice.x)
                for each in kept
                for choice in build.choices[each]
                if land.class_in(choice.parcel, choice.option, t) == land_class
            ]
            for start in build.starts:
                project = start.project
                wider = GRADES.index(project["redline_ok"]) > GRADES.index(redline)
                if start.s > t or wider or project["basic_farmland_ok"] > farmland:
                    continue
                for take in takes:
                    mine = take["project"] == project["project"] and take["land_class"] == land_class
                    if mine and place in (TOTAL, take["jurisdiction"]):
                        terms += build.started(start, -take["area_ha"])
            model.site_take[land_class, place, redline, farmland, period] = linear(terms) >= 0


def limit(build: Build) -> None:
    """(3) lo ≤ Σ c_a L ≤ hi; soft: Σ c_a L + short ≥ lo, Σ c_a L − excess ≤ hi, == with both.

    In words: one row of the limits table, for every place and period that it names, with its basis on the right or,
    where it is a share of another account, on the left; one with a gain holds once, over everything.
    ``limit[limit, place, period]``.
    """
    model = build.model
    model.limit = pyo.Constraint(pyo.Any)
    for row in records(build.study.limits):
        terms = [(row["account"], 1.0)]
        further = [term for term in records(build.study.limit_terms) if term["limit"] == row["limit"]]
        terms += [(term["account"], term["coefficient"]) for term in further]
        periods = {"": build.names, "last": build.names[-1:]}.get(row["period"], [row["period"]])
        if any(account.startswith(GAINS) for account, _ in [*terms, (row["basis"].partition(":")[2], 1.0)]):
            periods = [TOTAL]
        for place in places(build, row["jurisdiction"]):
            for period in periods:
                body, right = sides(build, row, terms, place, period)
                key, sense, tolerance = (row["limit"], place, period), row["sense"], row["tolerance"]
                if row["kind"] == "soft" and sense != "<=":
                    body = body + model.short[key]
                if row["kind"] == "soft" and sense != ">=":
                    body = body - model.excess[key]
                low = None if sense == "<=" else right - tolerance
                high = None if sense == ">=" else right + tolerance
                model.limit[key] = (low, body, high)


def places(build: Build, named: str) -> list[str]:
    """The places of a limit: each jurisdiction, those of a main function, or the one that is named."""
    kind, _, function = named.partition(":")
    if named == "each":
        return list(build.book.jurisdictions)
    if kind == "main_function":
        return [g for g, row in build.book.jurisdictions.items() if row["main_function"] == function]
    return [named or TOTAL]


def sides(build: Build, row: Record, terms: list[tuple[str, float]], place: str, period: str) -> tuple[Any, float]:
    """The two sides of a limit by its basis: an expression and a number."""
    basis, _, other = (row["basis"] or "absolute").partition(":")
    flat = basis == "share_of_start"
    body = pyo.quicksum(c * build.ledger(account, place, period, flat) for account, c in terms)
    value = float(row["value"])
    if basis == "share_of":
        return body - value * build.ledger(other, place, period), 0.0
    if basis == "share_of_start":
        start = [(other, 1.0)] if other else terms
        return body, value * sum(c * build.before(account, place, period) for account, c in start)
    if basis == "per_head":
        return body - value * build.ledger("population", place, period), 0.0
    return body, value

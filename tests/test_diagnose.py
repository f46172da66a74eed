"""Studies that have no plan, in known ways: what `diagnose` names and proposes, each checked apart from it.

Whether named conditions hold together is asked of the complete model, which is written independently of the ledger.
By default 6 random studies (some 15 s); ZONEVEST_CONFLICTS=200 asks for more.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
import pyomo.environ as pyo
import pytest

import zonevest as zv
from tests.chinese import CHINESE
from tests.random_conflicts import KINDS, applied, planted_study, unlined
from zonevest.instances.study import Study, items
from zonevest.model import complete_hurdle, complete_parts
from zonevest.model.bars import BARS, WINDOWS
from zonevest.model.complete_flows import Flows
from zonevest.model.complete_options import Land, Record
from zonevest.model.conditions import LINE, NATURE, TOGETHER, UPPER_ONLY
from zonevest.model.options import LIFTED
from zonevest.reports.diagnosis import Diagnosis

STUDIES = int(os.environ.get("ZONEVEST_CONFLICTS", "6"))
SHOWN = [kind for kind in KINDS if kind.__name__ in ("lock", "self_support", "window")]
"""Kinds that a few studies have some of, too."""
BY_CELLS = 0.6
"""So many of the repairs are cells of the study; the others are verified in the program, and here in another."""
COMMON = {"limit", "mandatory", "golden_rule"}
"""Families that are planted beside others."""


def holds(study: Study, names: set[str]) -> bool:
    """Whether conditions hold together, all others let go: by the complete model."""
    return has_point(study, names.__contains__, {})


def mends(study: Study, rows: pd.DataFrame) -> bool:
    """Whether a plan exists where the conditions of a repair give by as much as it says: by the complete model.

    What keeps land or starts out is let go, and of a line no more hectares than it gives.
    """
    gives = dict(zip(rows["condition"], rows["gives"].astype(float), strict=True))
    let_go = {name for name in gives if name.partition("[")[0] in {*BARS, LINE, "mandatory"}}
    return has_point(study, lambda name: name not in let_go, gives)


def has_point(study: Study, keeps: Callable[[str], bool], gives: dict[str, float]) -> bool:
    """Whether the complete model has a point with the conditions that are kept, some of which give."""
    lines = {reason for reason in LIFTED if keeps(f"{LINE}[{reason}]")}
    land = Land(study)
    of_parcel, clear = land.parcels, Land.clear_of_lines

    def on_its_lines(parcel: Record, redline: str, basic_farmland: bool) -> bool:
        return clear(of_parcel[parcel["parcel_id"]], redline, basic_farmland)

    with (
        patch.object(Land, "clear_of_lines", staticmethod(on_its_lines)),
        patch.object(complete_parts, "possible_starts", lambda _: starts(study, land, keeps, gives)),
    ):
        model = zv.pyomo_model(_all_by_debt(unlined(study, lines), keeps))
    for row in list(model.component_data_objects(pyo.Constraint, active=True)):
        family = row.parent_component().name
        index = row.index() if isinstance(row.index(), tuple) else (row.index(),)
        key = ",".join(map(str, index[: TOGETHER.get(family, len(index))]))
        name = family if index == (None,) else f"{family}[{key}]"
        if family in NATURE | {"assign", "draw_cap"} or _soft(study, family, index):
            continue
        if not keeps(name):
            row.deactivate()
        elif name in gives:
            below = 0.0 if family in UPPER_ONLY else gives[name]
            lower = None if row.lower is None else row.lower - below
            row.set_value((lower, row.body, None if row.upper is None else row.upper + gives[name]))
    last = study.periods[-1].name
    for project in study.projects["project"]:
        if not keeps(f"mandatory[{project}]"):
            model.U[project, last].setlb(0)
    if any(state.lb > state.ub for state in model.U.values()):
        return False  # where no row asks about it, the solver does not see it
    for side in ("buy", "sell"):
        for key, variable in getattr(model, side).items():
            name = f"quota_{side}[{key[0]},{key[-1]}]"
            variable.setub(variable.ub + gives.get(name, 0.0) if keeps(name) and variable.ub is not None else None)
    model.no_more = pyo.ConstraintList()
    for name in gives:
        if name.startswith(f"{LINE}["):
            model.no_more.add(let_go(study, model, land, name[len(LINE) + 1 : -1]) <= gives[name])
    model.objective.deactivate()
    model.any = pyo.Objective(expr=0.0)
    found = pyo.SolverFactory("appsi_highs").solve(model, load_solutions=False)
    return str(found.solver.termination_condition) == "optimal"


def let_go(study: Study, model: pyo.ConcreteModel, land: Land, reason: str) -> Any:
    """The hectares under options that a line excludes by itself."""
    lined = Land(unlined(study, {reason}))
    names = [*(period.name for period in study.periods), ""]
    kept = {
        (parcel_id, option.practice, names[-1 if option.start is None else option.start])
        for parcel_id, parcel in lined.parcels.items()
        for option in lined.options(parcel)
    }
    area = {parcel_id: parcel["area_ha"] for parcel_id, parcel in land.parcels.items()}
    return pyo.quicksum(area[key[0]] * x for key, x in model.x.items() if key not in kept)


def _all_by_debt(study: Study, keeps: Callable[[str], bool]) -> Study:
    """The study in which equity need not bring a share of projects, but of those for which that is kept."""
    projects = study.projects.copy()
    projects.loc[[not keeps(f"draw_cap[{name}]") for name in projects["project"]], "equity_min"] = 0.0
    return replace(study, tables={**study.tables, "projects": projects})


def starts(study: Study, land: Land, keeps: Callable[[str], bool], gives: dict[str, float]) -> dict[str, list[int]]:
    """The periods in which each project can start where only so much of what keeps it out is kept."""
    flows, found = Flows(study, land), dict[str, list[int]]()
    bundles = land.members("bundle")
    for j, project in land.projects.items():
        drawn = [land.parcels[each] for each in items(project["footprint"])]
        kept = (keeps(f"site_line[{j},redline]"), keeps(f"site_line[{j},basic_farmland]"))
        grade, farmland = (project["redline_ok"] if kept[0] else "core", project["basic_farmland_ok"] or not kept[1])
        if not all(land.clear_of_lines(each, grade, farmland) for each in drawn):
            found[j] = []
            continue
        # the end of the last year of building, and of every amount that is paid once
        ends = [project["build_years"] - 1, *(row.start_year for row in flows.project_rows[j] if row.once)]
        ends_kept = {end: project[end] if keeps(f"{end}[{j}]") else "" for end in WINDOWS}
        inside, asked = land.window({**project, **ends_kept}), land.window(project)
        early, late = asked[0] - gives.get(f"earliest[{j}]", np.inf), asked[-1] + gives.get(f"latest[{j}]", np.inf)
        bundle = [land.projects[each] for each in bundles.get(project["bundle"], ())]
        found[j] = [
            s
            for s in inside
            if early <= s <= late
            and study.periods[s].start + max(ends) <= study.last_year
            and not (keeps(f"hurdle[{j}]") and complete_hurdle.below_hurdle(flows, project, s))
            and not _bundle_fails(flows, bundle, s, keeps)
        ]
    return found


def _bundle_fails(flows: Flows, bundle: list[Record], s: int, keeps: Callable[[str], bool]) -> bool:
    """Whether a bundle fails one of its two tests that are kept."""
    if not bundle:
        return False
    name, finance = bundle[0]["bundle"], flows.study.settings.finance
    poor, worth = keeps(f"eod_share[{name}]"), keeps(f"eod_income[{name}]")
    if finance is None or not complete_hurdle.bundle_fails(flows, bundle, s):
        return False
    share = finance.eod_eco_share * sum(each["capex"] for each in bundle)
    restoring = sum(each["capex"] for each in bundle if each["category"] == complete_hurdle.RESTORATION)
    rate, counts = flows.study.settings.rates.finance, complete_hurdle.operating
    income = sum(complete_hurdle.present_value(flows, each, s, rate, counts) for each in bundle)
    return (poor and restoring < share - 1e-9) or (worth and income < -1e-9)


def _soft(study: Study, family: str, index: tuple[str, ...]) -> bool:
    finance, limits = study.settings.finance, study.limits
    if finance is not None and family in finance.soft:
        return True
    return family == "limit" and bool((limits.loc[limits["limit"] == index[0], "kind"] == "soft").all())


def check_sets(study: Study, found: Diagnosis) -> None:
    assert found.conflicts["conflict"].nunique() == len(found.proven) > 0
    assert all(found.proven)
    for _, rows in found.conflicts.groupby("conflict"):
        names = set(rows["condition"])
        assert not holds(study, names), names
        for name in names:
            assert holds(study, names - {name}), (name, names)


def check_repairs(study: Study, found: Diagnosis) -> int:
    assert len(found.repairs)
    assert found.repairs["verified"].eq(True).all()
    assert found.repairs["cost"].is_monotonic_increasing
    by_cells = 0
    for at, rows in found.repairs.groupby("repair"):
        mended = applied(study, rows, found.parcels[found.parcels["repair"] == at])
        assert mends(study, rows), rows
        if mended is not None:
            by_cells += 1
            assert zv.solve(mended, method="mip", time_limit=60).has_plan, rows
    return by_cells


def check_words(found: Diagnosis) -> None:
    """Every condition of a set, and what gives in every repair, stands in both texts, a line each, in its language."""
    words = {lang: found.to_dict(lang) for lang in ("en", "zh")}
    for lang, told in words.items():
        lines = [line.strip() for line in found.to_text(lang).splitlines()]
        asked = [each["words"] for part in told["conflicts"] for each in part["conditions"]]
        given = [each["words"] for part in told["repairs"] for each in part["gives"]]
        for each in (*asked, *given):
            assert f"• {each}" in lines, each
            assert bool(CHINESE.search(each)) == (lang == "zh"), each


@pytest.mark.long
def test_planted_conflicts_are_found_and_mended() -> None:
    planted, mended, met, needed = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    repairs = by_cells = 0
    for seed in range(STUDIES):
        first = KINDS[seed % len(KINDS)] if len(KINDS) <= STUDIES else SHOWN[seed // 2 % 3] if seed % 2 else None
        study, conflicts, kinds = planted_study(Random(seed), first)
        found = zv.diagnose(study)
        assert found.feasible is False, seed
        check_sets(study, found)
        by_cells += check_repairs(study, found)
        if len(KINDS) < STUDIES:
            print(seed, *kinds, flush=True)
        repairs += found.repairs["repair"].nunique()
        planted.update(kinds)
        for kind, names in zip(kinds, conflicts, strict=True):
            mended[kind] += not names.isdisjoint(found.repairs["condition"])
            own = {name for name in names if name.partition("[")[0] not in COMMON} or names
            met[kind] += not own.isdisjoint(found.conflicts["condition"])
            if has_point(study, lambda name, own=own: name not in own, {}):  # type: ignore[misc]
                needed[kind] += 1
                for _, rows in found.conflicts.groupby("conflict"):
                    assert not own.isdisjoint(rows["condition"]), (seed, kind)
        check_words(found)
    print(f"\n{STUDIES} studies, {repairs} repairs, {by_cells} of them by cells")
    for kind in sorted(planted):
        print(f"{kind}: of {planted[kind]} {mended[kind]} among the repairs, {met[kind]} named in a conflict"
              f" ({needed[kind]} without which a plan exists)")  # fmt: skip
    assert by_cells >= BY_CELLS * repairs
    assert mended.total() >= 0.9 * planted.total()
    if len(KINDS) <= STUDIES:
        assert all(planted[kind.__name__] >= STUDIES // len(KINDS) for kind in KINDS)
        assert all(met[kind] for kind in planted)

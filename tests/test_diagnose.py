"""Studies that have no plan, in known ways: what `diagnose` names and proposes, each checked apart from it.

Whether named conditions hold together is asked of the complete model, which is written independently of the ledger.
By default 6 random studies (some 15 s); ZONEVEST_CONFLICTS=200 asks for more.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from random import Random
from unittest.mock import patch

import pyomo.environ as pyo
import pytest

import zonevest as zv
from tests.random_conflicts import KINDS, applied, planted_study, unlined
from zonevest.instances.study import Study, items
from zonevest.model import complete_hurdle, complete_parts
from zonevest.model.complete_flows import Flows
from zonevest.model.complete_options import Land, Record
from zonevest.model.conditions import NATURE, TOGETHER
from zonevest.reports.diagnosis import Diagnosis

STUDIES = int(os.environ.get("ZONEVEST_CONFLICTS", "6"))
NEWER = KINDS[-6:]
"""Kinds of what keeps projects out, of which a few studies have some too."""


def holds(study: Study, names: set[str]) -> bool:
    """Whether conditions hold together, all others let go: by the complete model."""
    lines = {name[5:-1] for name in names if name.startswith("line[")}
    land = Land(study)
    of_parcel, clear = land.parcels, Land.clear_of_lines

    def on_its_lines(parcel: Record, redline: str, basic_farmland: bool) -> bool:
        return clear(of_parcel[parcel["parcel_id"]], redline, basic_farmland)

    with (
        patch.object(Land, "clear_of_lines", staticmethod(on_its_lines)),
        patch.object(complete_parts, "possible_starts", lambda _: starts(study, land, names)),
    ):
        model = zv.pyomo_model(_all_by_debt(unlined(study, lines), names))
    for row in model.component_data_objects(pyo.Constraint, active=True):
        family = row.parent_component().name
        index = row.index() if isinstance(row.index(), tuple) else (row.index(),)
        key = ",".join(map(str, index[: TOGETHER.get(family, len(index))]))
        if (
            family not in NATURE | {"assign", "draw_cap"}
            and not _soft(study, family, index)
            and f"{family}[{key}]" not in names
        ):
            row.deactivate()
    last = study.periods[-1].name
    for project in study.projects["project"]:
        if f"mandatory[{project}]" not in names:
            model.U[project, last].setlb(0)
    if any(state.lb > state.ub for state in model.U.values()):
        return False  # where no row asks about it, the solver does not see it
    for side in ("buy", "sell"):
        for key, variable in getattr(model, side).items():
            if f"quota_{side}[{key[0]},{key[-1]}]" not in names:
                variable.setub(None)
    model.objective.deactivate()
    model.any = pyo.Objective(expr=0.0)
    found = pyo.SolverFactory("appsi_highs").solve(model, load_solutions=False)
    return str(found.solver.termination_condition) == "optimal"


def _all_by_debt(study: Study, names: set[str]) -> Study:
    """The study in which equity need not bring a share of projects, but of those for which that is kept."""
    projects = study.projects.copy()
    projects.loc[[f"draw_cap[{name}]" not in names for name in projects["project"]], "equity_min"] = 0.0
    return replace(study, tables={**study.tables, "projects": projects})


def starts(study: Study, land: Land, names: set[str]) -> dict[str, list[int]]:
    """The periods in which each project can start where only so much of what keeps it out is kept."""
    flows, found = Flows(study, land), dict[str, list[int]]()
    bundles = land.members("bundle")
    for j, project in land.projects.items():
        drawn = [land.parcels[each] for each in items(project["footprint"])]
        kept = (f"site_line[{j},redline]" in names, f"site_line[{j},basic_farmland]" in names)
        grade, farmland = (project["redline_ok"] if kept[0] else "core", project["basic_farmland_ok"] or not kept[1])
        if not all(land.clear_of_lines(each, grade, farmland) for each in drawn):
            found[j] = []
            continue
        # the end of the last year of building, and of every amount that is paid once
        ends = [project["build_years"] - 1, *(row.start_year for row in flows.project_rows[j] if row.once)]
        window = {end: project[end] if f"{end}[{j}]" in names else "" for end in ("earliest", "latest")}
        inside = land.window({**project, **window})
        bundle = [land.projects[each] for each in bundles.get(project["bundle"], ())]
        found[j] = [
            s
            for s in inside
            if study.periods[s].start + max(ends) <= study.last_year
            and not (f"hurdle[{j}]" in names and complete_hurdle.below_hurdle(flows, project, s))
            and not _bundle_fails(flows, bundle, s, names)
        ]
    return found


def _bundle_fails(flows: Flows, bundle: list[Record], s: int, names: set[str]) -> bool:
    """Whether a bundle fails one of its two tests that are kept."""
    if not bundle:
        return False
    name, finance = bundle[0]["bundle"], flows.study.settings.finance
    poor, worth = f"eod_share[{name}]" in names, f"eod_income[{name}]" in names
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
        if mended is not None:
            by_cells += 1
            assert zv.solve(mended, method="mip", time_limit=60).has_plan, rows
    return by_cells


@pytest.mark.long
def test_planted_conflicts_are_found_and_mended() -> None:
    planted, named = Counter[str](), Counter[str]()
    repairs = by_cells = 0
    for seed in range(STUDIES):
        first = KINDS[seed % len(KINDS)] if len(KINDS) <= STUDIES else NEWER[seed % len(NEWER)] if seed % 2 else None
        study, conflicts, kinds = planted_study(Random(seed), first)
        found = zv.diagnose(study)
        assert found.feasible is False, seed
        check_sets(study, found)
        by_cells += check_repairs(study, found)
        if len(KINDS) < STUDIES:
            print(seed, *kinds, flush=True)
        repairs += found.repairs["repair"].nunique()
        planted.update(kinds)
        mended = zip(kinds, conflicts, strict=True)
        named.update(kind for kind, names in mended if not names.isdisjoint(found.repairs["condition"]))
        assert found.to_text() != found.to_text("zh")
    print(f"\n{STUDIES} studies, {repairs} repairs, {by_cells} of them by cells")
    print("\n".join(f"{kind}: {named[kind]} of {planted[kind]}" for kind in sorted(planted)))
    assert by_cells >= STUDIES / 2
    assert sum(named.values()) >= 0.9 * sum(planted.values())

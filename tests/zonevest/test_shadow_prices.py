"""Shadow prices and their ranges against studies that are changed and solved again as a whole."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import highspy
import numpy as np
import pandas as pd
import pytest

import zonevest as zv
from tests import random_money
from tests.model.complete_shore import shore
from tests.model.complete_valley import valley
from tests.reports.audit_studies import FARM
from tests.reports.audit_studies import study as hand_made
from zonevest.instances.study import Study
from zonevest.model.compiled import compile_policy, shared
from zonevest.model.land import land_block
from zonevest.model.policy import policy_model
from zonevest.solvers.answer import SolveOptions
from zonevest.solvers.highs import solve_here
from zonevest.solvers.join import join
from zonevest.solvers.ranges import CLOSE

SEEDS = (1, 2, 5, 7)
"""Random studies with money that have a plan, and in which several rows bind."""
ROWS = int(os.environ.get("ZONEVEST_RANGES", "60"))
"""Rows of a county that are drawn and moved."""
RATIOS = ("point", "month")
BY_PERIOD = {
    "debt_ratio_cap", "interest_share_general", "interest_share_fund", "dscr_min", "refinance_share",
    "land_sale_share_cap", "green_share_min", "real_estate_share_max", "reinvestment_min", "reserve",
}  # fmt: skip


def divided(study: Study) -> Study:
    """The same study with land that may be divided."""
    return replace(study, settings=replace(study.settings, divisible=True))


def again(study: Study, plan: zv.Plan, turn: Callable[[Any], None] | None = None) -> float | None:
    """What the study is worth with the plan's whole numbers, solved anew; None where there is no plan.

    Parameters
    ----------
    turn : what is done to the policy model before.
    """
    policy = policy_model(study)
    whole = plan._prices()  # projects, and what bonds lean on, which a plan does not tell
    for name, kind, value in zip(whole.block.columns, whole.block.column_integer, whole.columns, strict=True):
        if kind:
            state = policy.find_component(name)
            state.setlb(round(value))
            state.setub(round(value))
    if turn is not None:
        turn(policy)
    if study.settings.name == "random":  # many small ones: without a process for each
        found = solve_here(join(land_block(policy.source, shared(compile_policy(policy)))), SolveOptions(gap=0.0))
        assert found.status in ("optimal", "infeasible"), found.message
        return found.value
    solved = zv.solve(study, gap=0.0, method="mip", policy=policy)
    assert solved.status in ("optimal", "infeasible"), solved.message
    return solved.objective


def with_finance(study: Study, **values: Any) -> Study:
    finance = study.settings.finance
    assert finance is not None
    return replace(study, settings=replace(study.settings, finance=replace(finance, **values)))


def with_cell(study: Study, table: str, key: str, name: str, column: str, value: float) -> Study:
    changed = study.tables[table].copy()
    changed[column] = changed[column].astype(float)
    changed.loc[changed[key] == name, column] = value
    return replace(study, tables={**study.tables, table: changed})


def changed(study: Study, row: Any, number: float) -> Study | None:
    """The study with another number in the cell or key that a row is of; None where that moves other rows, too."""
    kind, _, of = row.limit.partition(".")
    periods = [period.name for period in study.periods]
    if kind in BY_PERIOD and row.unit in ("point", "month"):
        key = "reserve_months" if kind == "reserve" else kind
        finance = study.settings.finance
        assert finance is not None
        values = {name: finance.at(key, name) for name in periods}
        return with_finance(study, **{key: {k: v for k, v in values.items() if v is not None} | {row.period: number}})
    if kind == "instrument_total":
        return with_cell(study, "instruments", "instrument", of, "limit_total", number)
    if kind == "instrument_period" and len(periods) == 1:
        return with_cell(study, "instruments", "instrument", of, "limit_period", number)
    if kind == "cash" and row.period == periods[0] and study.settings.finance is not None and not of:
        return with_finance(study, opening_cash=study.settings.finance.opening_cash + number)
    if kind == "quota":
        grants = study.tables["quota_grants"]
        place = "" if row.jurisdiction == "total" else row.jurisdiction
        more = pd.DataFrame([{"quota": of, "jurisdiction": place, "period": row.period, "amount": number - row.bound}])
        table = pd.concat([grants, more.reindex(columns=grants.columns, fill_value="")], ignore_index=True)
        return replace(study, tables={**study.tables, "quota_grants": table})
    if row.limit in set(study.limits["limit"]):
        cell = study.limits.set_index("limit").loc[row.limit]
        if cell["basis"] == "per_head" or row.bound == 0.0:
            return None
        value = cell["value"] * number / row.bound if cell["basis"].startswith("share_of_start") else number
        return with_cell(study, "limits", "limit", row.limit, "value", float(value))
    return None


def moved(row: Any, by: float) -> Callable[[Any], None]:
    """Move the right side of a row of the policy model."""

    def turn(policy: Any) -> None:
        found = policy.find_component(row.row)
        lower, body, upper = found.to_bounded_expression(evaluate_bounds=True)
        found.set_value((None if lower is None else lower + by, body, None if upper is None else upper + by))

    return turn


class Checked:
    """What rows were checked: by the study's own cell, and by the row of the policy model."""

    def __init__(self) -> None:
        self.by_cell: set[str] = set()
        self.by_row: set[str] = set()
        self.ends = 0

    def check(self, plan: zv.Plan, table: pd.DataFrame) -> None:
        base = again(plan.study, plan)
        assert base is not None
        assert base == pytest.approx(plan.objective, rel=1e-6, abs=1e-6)
        rows_of = table["limit"].value_counts()
        for row in table[table["resolved"]].itertuples(index=False):
            self._side(plan, row, base, rows_of[row.limit] == 1, sign=1.0)
            self._side(plan, row, base, rows_of[row.limit] == 1, sign=-1.0)

    def _value(self, plan: zv.Plan, row: Any, by: float, alone: bool) -> float | str | None:
        kind = row.limit.partition(".")[0]
        mine = alone or kind in BY_PERIOD | {"quota", "cash"}
        study = changed(plan.study, row, row.bound + by) if mine else None
        if study is not None:
            self.by_cell.add(kind)
            return again(study, plan)
        if row.unit in ("point", "month") or not row.row:
            return "unknown"
        self.by_row.add(kind)
        return again(plan.study, plan, moved(row, by))

    def _side(self, plan: zv.Plan, row: Any, base: float, alone: bool, sign: float) -> None:
        price, end = (row.more, row.to) if sign > 0 else (row.less, row[12])
        beyond = row.price_above if sign > 0 else row.price_below
        part = 0.01 if row.unit == "point" else 1.0
        reach = abs(end - row.bound)
        size = max(abs(row.bound), 0.1)
        if np.isnan(price) or reach < 1e-4 * size:
            return
        inside = sign * (0.5 * reach if np.isfinite(reach) else size)
        here = self._value(plan, row, inside, alone)
        if here == "unknown":
            return
        assert here is not None, row
        expected = price / part * inside
        assert here - base == pytest.approx(
            expected, rel=1e-2 if part < 1.0 else 2e-3, abs=1e-6 * max(1.0, abs(base))
        ), (row, inside)
        past = abs((row.to_outside if sign > 0 else row.from_outside) - row.bound)
        further = sign * (past + max(0.005 * past, 0.002 * size))
        none = not (row.plan_above if sign > 0 else row.plan_below)
        what = row.to_end if sign > 0 else row.from_end
        assert what != "inner", row  # it had all the time that it wanted
        if what not in ("break", "no_plan"):
            return
        assert past - reach <= CLOSE * past + 1e-6 * size, row
        self.ends += 1
        there = self._value(plan, row, further, alone)
        if none:
            assert there is None, (row, further)
        else:
            assert there is not None, (row, further)
            away = there - base - price / part * further
            assert abs(away) > 0.2 * abs(beyond - price) / part * (abs(further) - past), (row, further, away)


@pytest.mark.parametrize("method", ["mip", "prices"])
def test_a_valley_by_cells(method: Any) -> None:
    plan = zv.solve(valley({"divisible": True}), gap=0.0, method=method)
    done = Checked()
    done.check(plan, plan.shadow_prices(seconds=1e9))
    assert done.ends


def test_random_studies_by_cells() -> None:
    done = Checked()
    for seed in SEEDS:
        drawn = random_money.sound(Random(seed))
        assert drawn is not None
        plan = zv.solve(divided(drawn[2]), gap=0.0)
        done.check(plan, plan.shadow_prices(seconds=1e9))
    assert done.ends > 5
    assert len(done.by_cell) > 3, done.by_cell


def test_the_shore() -> None:
    plan = zv.solve(divided(shore()), gap=0.0)
    done = Checked()
    done.check(plan, plan.shadow_prices(seconds=1e9))
    assert done.ends


class Whole:
    """The county's program with every option of every parcel a column, its whole numbers as in the plan."""

    def __init__(self, plan: zv.Plan) -> None:
        found = plan._prices()
        program, size = join(found.solved), len(found.solved.group)
        low, high = program.col_lower.copy(), program.col_upper.copy()
        whole = size + np.flatnonzero(found.solved.column_integer)
        low[whole] = high[whole] = np.rint(found.point[whole - size])
        self.rows, self.first = {name: k for k, name in enumerate(found.solved.rows)}, found.solved.groups
        self.lower, self.upper = program.row_lower, program.row_upper
        self.highs: Any = highspy.Highs()
        self.highs.setOptionValue("output_flag", False)
        for name in ("primal_feasibility_tolerance", "dual_feasibility_tolerance"):
            self.highs.setOptionValue(name, 1e-9)
        self.highs.passModel(
            len(low), len(self.lower), len(program.value), 1, -1, program.offset, program.cost, low, high, self.lower,
            self.upper, program.start.astype(np.int32), program.index, program.value, np.zeros(len(low), np.int32),
        )  # fmt: skip

    def worth(self, row: str, by: float) -> float | None:
        """What it is worth with the right side of a row moved; None where there is no plan."""
        at = self.first + self.rows[row]
        self.highs.changeRowBounds(at, self.lower[at] + by, self.upper[at] + by)
        self.highs.run()
        status = self.highs.getModelStatus()
        value = float(self.highs.getInfo().objective_function_value)
        self.highs.changeRowBounds(at, self.lower[at], self.upper[at])
        assert status in (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kInfeasible)
        return value if status == highspy.HighsModelStatus.kOptimal else None


@pytest.mark.long
def test_random_rows_of_a_county_by_finite_differences(tmp_path: Path) -> None:
    """Either side of each row: at half of its range and at its end the price holds, just beyond it does not."""
    zv.write_county(tmp_path / "county", 300, polygons=False)
    plan = zv.solve(divided(zv.read_study(tmp_path / "county")), gap=0.01, method="prices")  # any plan will do
    table = plan.shadow_prices(seconds=1e9)
    whole = Whole(plan)
    mine = table[table["resolved"] & table["binding"] & table["row"].isin(whole.rows) & ~table["unit"].isin(RATIOS)]
    drawn = mine.sample(min(ROWS, len(mine)), random_state=1)
    assert len(drawn) >= 50
    seen = {"inside": 0, "end": 0, "beyond": 0, "no_plan": 0}
    for row in drawn.to_dict("records"):
        base = whole.worth(row["row"], 0.0)
        assert base is not None
        for price, end, what, outside, sign in (
            (row["less"], row["from"], row["from_end"], row["from_outside"], -1.0),
            (row["more"], row["to"], row["to_end"], row["to_outside"], 1.0),
        ):
            size = max(abs(row["bound"]), 1.0)
            reach = min(abs(end - row["bound"]), size)
            if np.isnan(price) or reach < 1e-5 * size:
                continue
            for share in (0.5, 0.999):
                moved = whole.worth(row["row"], sign * share * reach)
                assert moved is not None, row
                room = 2e-3 * abs(price) * reach + 1e-8 * max(1.0, abs(base))
                assert moved - base == pytest.approx(price * sign * share * reach, abs=room), row
                seen["inside"] += 1
            if what not in ("break", "no_plan"):
                continue
            seen["end"] += 1
            past = abs(outside - row["bound"])
            far = past + max(0.02 * past, 1e-4 * size)
            moved = whole.worth(row["row"], sign * far)
            if what == "no_plan":
                assert moved is None, row
                seen["no_plan"] += 1
                continue
            if moved is None:  # beyond its end a price may hold for less than that
                continue
            # more than what the price may change by inside, over the way beyond
            assert price * sign * far - (moved - base) > 0.9e-3 * abs(price) * (far - past) - 1e-9 * abs(base), row
            seen["beyond"] += 1
    assert min(seen["inside"] // 2, seen["end"], seen["beyond"]) > 40, seen
    assert seen["no_plan"], seen


def two_parcels(most: float) -> Study:
    """10 ha in the east that bring 2 a hectare and year when built on, 20 ha in the west that bring 1, for 7 years."""
    east = {**FARM, "jurisdiction": "east"}
    return hand_made(
        {"divisible": True, "objective": {"method": "weighted", "cash": 1.0, "ecosystem": 1.0}},
        parcels=[east, {**FARM, "parcel_id": "b", "jurisdiction": "west", "area_ha": 20.0}],
        practice_flows=[
            {"practice": "build", "account": "water", "basis": "per_ha_year", "value": value, "where": where}
            for where, value in (("jurisdiction=east", 2.0), ("jurisdiction=west", 1.0))
        ],
        limits=[{"limit": "most", "account": "area.practice.build", "sense": "<=", "value": most, "period": "last"}],
    )  # fmt: skip


@pytest.mark.parametrize("method", ["mip", "prices"])
@pytest.mark.parametrize(
    ("most", "less", "more", "low", "high", "below", "above"),
    [
        (4.0, 14.0, 14.0, 0.0, 10.0, np.nan, 7.0),
        (10.0, 14.0, 7.0, 0.0, 30.0, np.nan, 0.0),  # the east is full: the plan stands at a kink
        (20.0, 7.0, 7.0, 10.0, 30.0, 14.0, 0.0),
        (30.0, 7.0, 0.0, 10.0, np.inf, 14.0, np.nan),
        (40.0, 0.0, 0.0, 30.0, np.inf, 7.0, np.nan),
    ],
)
def test_two_parcels_by_hand(
    method: Any, most: float, less: float, more: float, low: float, high: float, below: float, above: float
) -> None:
    plan = zv.solve(two_parcels(most), gap=0.0, method=method)
    (row,) = plan.shadow_prices("most").to_dict("records")
    found = [row[name] for name in ("less", "more", "from", "to", "price_below", "price_above")]
    assert found == pytest.approx([less, more, low, high, below, above], abs=1e-4, nan_ok=True)
    assert row["basis"] == ("near" if method == "prices" else "fixed")
    assert row["plan_below"] == (low > 0.0)
    assert row["plan_above"]
    assert min(less, more) - 1e-6 <= row["price"] <= max(less, more) + 1e-6
    assert row["binding"] == (most <= 30.0)


def test_what_does_not_bind_says_when_it_would() -> None:
    plan = zv.solve(two_parcels(40.0), gap=0.0)
    row = plan.shadow_prices().set_index("limit").loc["most"]
    assert not row["resolved"]
    assert (row["from"], row["to"], row["price"]) == (pytest.approx(30.0), np.inf, 0.0)


def test_prices_in_words() -> None:
    plan = zv.solve(two_parcels(20.0), gap=0.0)
    found = plan.explain(prices=True)
    assert "is worth 7 million" in found.to_text("en")
    assert "from 10 to 30 ha (now 20)" in found.to_text("en")
    assert "价值 7" in found.to_text("zh")
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["ranges"][0]["to"] == pytest.approx(30.0)
    assert "from 10 to 30" in plan.explain(limit="most").to_text()
    with pytest.raises(KeyError):
        plan.shadow_prices("?")


def test_who_asked_by_name_is_not_told_to_do_so() -> None:
    """Also where an end was not found."""
    found = zv.solve(two_parcels(20.0), gap=0.0).explain(limit="most")
    found["ranges"]["resolved"] = False
    for lang, words in (("en", "how far beyond was not found"), ("zh", "其外未判明")):
        assert "--limit" not in found.to_text(lang)
        assert words in found.to_text(lang)
    assert "--limit most" in replace(found, kind="prices").to_text("en")


def test_words_of_what_costs_have_no_minus() -> None:
    """Of 30 ha, 10 stay farmland: the cheap ones in the west, then the dear ones in the east."""
    held = {"limit": "held", "account": "area.class.farm", "sense": ">=", "value": 10.0, "period": "last"}
    study = two_parcels(40.0)
    kept = {**study.tables, "limits": with_limit(study, held)}
    text = zv.solve(replace(study, tables=kept), gap=0.0).explain(limit="held").to_text()
    assert "asked for costs 7 million" in text
    assert "from 0 to 20 ha (now 10)" in text
    assert "below that 0 million" in text
    assert "above that 14 million" in text
    assert " -0" not in text


def with_limit(study: Study, row: dict[str, Any]) -> pd.DataFrame:
    """The limits of a study with another in place of the first."""
    limits = study.limits.copy()
    for column, value in row.items():
        limits[column] = value
    return limits


def test_nothing_left_over_at_price_zero_is_not_called_loose() -> None:
    """At a corner any price from that of one more, 0, to that of the last one, 7, may be found."""
    found = zv.solve(two_parcels(30.0), gap=0.0).explain(limit="most")
    found["rows"]["price"] = 0.0
    for lang, corner, loose in (("en", "nothing left over", "not short"), ("zh", "没有余量", "未用满")):
        assert corner in found.to_text(lang)
        assert loose not in found.to_text(lang)
    free = zv.solve(two_parcels(40.0), gap=0.0).explain(limit="most")
    assert "not short" in free.to_text()

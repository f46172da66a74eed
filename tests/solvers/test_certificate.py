"""The certificate: what covers all cases, what it proves, and what is found out when it is changed."""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from typer.testing import CliRunner

import zonevest as zv
from tests.known.cases import write_case
from tests.model.complete_town import account, flow, parcel, town
from tests.model.four import four
from tests.solvers.blocks import block
from zonevest.cli import app
from zonevest.instances.study import Study
from zonevest.solvers.answer import SolveOptions
from zonevest.solvers.by_prices import solve_by_prices
from zonevest.solvers.certificate import Leaf, covers, proven
from zonevest.solvers.highs import solve_here
from zonevest.solvers.join import join

CASES = settings(max_examples=60)
WHOLE = np.array([True, True, True, False])


def leaf(lower: list[float], upper: list[float]) -> Leaf:
    return Leaf(np.array(lower, dtype=float), np.array(upper, dtype=float), np.zeros(1), 0.0)


def split(rnd: Random, lower: list[float], upper: list[float], cuts: int) -> list[Leaf]:
    """A box in parts, cut between neighbouring whole numbers."""
    wide = [k for k in range(3) if upper[k] > lower[k]]
    if not cuts or not wide:
        return [leaf(lower, upper)]
    at = rnd.choice(wide)
    value = rnd.randint(int(lower[at]), int(upper[at]) - 1)
    low, high = upper.copy(), lower.copy()
    low[at], high[at] = value, value + 1
    share = rnd.randint(0, cuts - 1)
    return split(rnd, lower, low, share) + split(rnd, high, upper, cuts - 1 - share)


def missed(leaves: list[Leaf], lower: list[float], upper: list[float]) -> bool:
    """Whether some point is in no leaf, by trying all; of the last number, which is not whole, several."""
    spans = [np.arange(low, high + 1) for low, high in zip(lower[:3], upper[:3], strict=True)]
    for point in itertools.product(*spans, np.linspace(lower[3], upper[3], 7)):
        if not any((each.lower <= point).all() and (point <= each.upper).all() for each in leaves):
            return True
    return False


@CASES
@given(st.randoms(use_true_random=True), st.integers(0, 9))
def test_parts_cover_until_one_is_taken_away(rnd: Random, cuts: int) -> None:
    lower, upper = [0.0, -1.0, 0.0, 0.0], [1.0, 2.0, 3.0, 2.5]
    leaves = split(rnd, lower, upper, cuts)
    rnd.shuffle(leaves)
    ends = np.array(lower), np.array(upper)
    assert not missed(leaves, lower, upper)
    assert covers(*ends, leaves, WHOLE)
    for gone in range(len(leaves)):
        left = leaves[:gone] + leaves[gone + 1 :]
        assert missed(left, lower, upper)
        assert not covers(*ends, left, WHOLE)


@CASES
@given(st.randoms(use_true_random=True))
def test_what_is_said_to_cover_does(rnd: Random) -> None:
    """Of any boxes, that overlap or leave holes, or are cut where numbers are not whole."""
    lower, upper = [0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 2.0, 1.0]
    leaves = []
    for _ in range(rnd.randint(1, 7)):
        low = [float(rnd.choice([0, 0, 0, int(end)])) for end in upper]
        high = [max(start, float(rnd.choice([end, end, end, 0.0]))) for start, end in zip(low, upper, strict=True)]
        leaves.append(leaf(low, high))
    if covers(np.array(lower), np.array(upper), leaves, WHOLE):
        assert not missed(leaves, lower, upper)


def test_nothing_covers_nothing() -> None:
    assert not covers(np.zeros(4), np.ones(4), [], WHOLE)


@pytest.mark.parametrize("single", [False, True])
@settings(max_examples=20)
@given(seed=st.integers(0, 10**6))
def test_it_proves_what_the_search_found(seed: int, single: bool) -> None:
    land = block(seed, single=single, bounded=True)
    outcome = solve_by_prices(land, SolveOptions(gap=1e-6, threads=1, time_limit=2.0))
    best = solve_here(join(land), SolveOptions(gap=0.0, threads=1))
    found = proven(land, outcome.leaves)
    stated = max(each.bound for each in outcome.leaves)
    assert found == pytest.approx(stated, rel=1e-9, abs=1e-9)
    if best.value is None:
        assert outcome.x is None
        # that choices of land are whole is beyond prices: then nothing is found, and nothing claimed
        assert outcome.status in ("infeasible", "no_plan")
        assert (outcome.status == "infeasible") == (found == -np.inf)
        return
    assert found >= best.value - 1e-7
    assert outcome.bound >= best.value - 1e-7
    if outcome.value is not None:
        assert outcome.value <= best.value + 1e-6 * max(1.0, abs(best.value))
    for gone in range(len(outcome.leaves)):
        with pytest.raises(ValueError, match="cover"):
            proven(land, outcome.leaves[:gone] + outcome.leaves[gone + 1 :])


@CASES
@given(seed=st.integers(0, 10**6))
def test_wrong_prices_prove_less_and_no_prices_nothing(seed: int) -> None:
    land, rng = block(seed, bounded=True), np.random.default_rng(seed)
    best = solve_here(join(land), SolveOptions(gap=0.0, threads=1))
    whole = Leaf(land.column_lower, land.column_upper, rng.normal(size=3), -1e9)
    if best.value is None:
        return
    assert proven(land, [whole]) >= best.value - 1e-7  # not the bound that the leaf claims
    assert proven(land, [replace(whole, ray=True)]) == np.inf  # there are plans: no ray proves that there are none
    assert proven(land, [whole, replace(whole, prices=np.full(3, np.nan))]) == np.inf


def test_a_ray_proves_that_there_is_no_plan() -> None:
    land = replace(block(1), lower=np.full(3, -np.inf), upper=np.array([-1e6, 1.0, 1.0]))
    outcome = solve_by_prices(land, SolveOptions(threads=1))
    assert outcome.status == "infeasible"
    (only,) = outcome.leaves
    assert only.ray
    assert proven(land, [only]) == -np.inf
    assert proven(land, [replace(only, prices=-only.prices)]) == np.inf
    assert proven(land, [replace(only, prices=0.0 * only.prices)]) == np.inf


def test_rounding_proves_nothing() -> None:
    """Two rows that say the same, with prices that cancel: so large that double precision loses what options earn."""
    row, same = np.array([[1.0, 0.0, 1.0]]), np.array([[0.0, 1.0, 0.0]])
    land = replace(
        block(1, groups=3, rows=2),
        group=np.arange(3, dtype=np.int32),
        kind=np.zeros(3, dtype=np.int32),
        by_kind=[(np.ones(3), sparse.csr_array(row)), (np.ones(3), sparse.csr_array(same))],
        by_option=None,
        by_column=sparse.csr_array((4, 3)),
        lower=np.array([3.0, 3.0]),
        upper=np.array([3.0, 3.0]),
        constant=0.0,
        cluster=np.zeros(1, dtype=np.int32),
    )
    whole = Leaf(land.column_lower, land.column_upper, np.zeros(2), 0.0)
    assert proven(land, [whole]) == pytest.approx(3.0)
    for size in (1.0, 1e8, 1e17, 1e200, 1e308, np.inf):
        for sign in (-size, size):
            assert proven(land, [replace(whole, prices=np.array([sign, -sign]))]) >= 3.0


def test_a_part_that_begins_beyond_what_sense_gives_a_column() -> None:
    """A whole number that costs and has no end: no more of it than a row needs, 0.5, but in the part it begins at 1."""
    land = replace(
        block(1),
        by_kind=[],
        by_option=None,
        by_column=sparse.csr_array(np.array([[0.0, 0, 0, -1], [0, 0, 0, -1], [2.0, 0, 0, -1], [0, 0, 0, 0]])),
        lower=np.array([1.0, -np.inf, -np.inf]),
        upper=np.array([np.inf, 1.0, 1.0]),
        constant=0.0,
        column_integer=np.array([True, True, True, False]),
    )
    assert np.isinf(land.column_upper[2])
    lower = land.column_lower.copy()
    lower[2] = 1.0
    for price in (-2.0, -1.0, -0.5, 0.0):
        part = Leaf(lower, land.column_upper, np.array([price, 0.0, 0.0]), 0.0)
        below = Leaf(land.column_lower, np.where(np.arange(4) == 2, 0.0, land.column_upper), part.prices, 0.0)
        assert proven(land, [below, part]) >= -1.0 - 1e-9  # one of it is a plan, worth -1


def test_a_whole_number_that_another_column_makes_up_for() -> None:
    """excess - short = 1.5 with an excess that is whole: 2 of it and half of what makes up is a plan, worth -3.5."""
    land = replace(
        block(1),
        by_kind=[],
        by_option=None,
        by_column=sparse.csr_array(np.array([[0.0, 0, 0, 0], [0, 0, 0, 0], [-1.0, 0, 0, -1], [1.0, 0, 0, -3]])),
        column_lower=np.zeros(4),
        column_upper=np.array([1.0, 1.0, np.inf, np.inf]),
        column_integer=np.array([False, False, True, False]),
        lower=np.array([-1.5, -np.inf, -np.inf]),
        upper=np.array([-1.5, 1.0, 1.0]),
        constant=0.0,
    )
    lower, upper = land.column_lower.copy(), land.column_upper.copy()
    lower[2], upper[2] = 2.0, 1.0
    for price in (-3.0, -10.0, -1000.0):
        above = Leaf(lower, land.column_upper, np.array([price, 0.0, 0.0]), 0.0)
        below = Leaf(land.column_lower, upper, np.array([1000.0, 0.0, 0.0]), 0.0)
        assert proven(land, [below, above]) >= -3.5 - 1e-9
    outcome = solve_by_prices(land, SolveOptions(gap=1e-6, threads=1, time_limit=5.0))
    assert (outcome.status, outcome.value) == ("optimal", pytest.approx(-3.5, abs=1e-6))


@pytest.fixture(scope="module")
def solved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plan folder with a certificate of several leaves."""
    home = tmp_path_factory.mktemp("certificate")
    study = zv.read_study(write_case("options_17_projects", home / "study"))
    plan = zv.solve(study, method="prices", gap=1e-6, time_limit=60)
    assert plan.method == "prices"
    plan.write(home / "plan")
    return home / "plan"


class TestInThePlanFolder:
    """The audit reads the certificate again, from the study and the table alone."""

    def changed(self, solved: Path, target: Path, edit: Callable[[pd.DataFrame], pd.DataFrame]) -> zv.AuditReport:
        shutil.copytree(solved, target)
        path = target / "certificate.parquet"
        edit(pd.read_parquet(path)).to_parquet(path, index=False)
        return zv.audit(target)

    def test_as_it_was_written(self, solved: Path, tmp_path: Path) -> None:
        found = self.changed(solved, tmp_path / "plan", lambda table: table)
        assert found.ok
        assert "bound by prices" in set(found.figures["quantity"])

    def test_a_leaf_is_gone(self, solved: Path, tmp_path: Path) -> None:
        table = pd.read_parquet(solved / "certificate.parquet")
        assert table["leaf"].max() > table["leaf"].min()
        for gone in (table["leaf"].min(), table["leaf"].max()):
            beside = tmp_path / f"plan{gone}"
            found = self.changed(solved, beside, lambda table, gone=gone: table[table["leaf"] != gone])
            assert not found.ok
            assert "cover" in found.breaches["must"].str.cat()

    def test_it_is_gone(self, solved: Path, tmp_path: Path) -> None:
        assert not self.changed(solved, tmp_path / "empty", lambda table: table.iloc[:0]).ok
        shutil.copytree(solved, tmp_path / "gone")
        (tmp_path / "gone" / "certificate.parquet").unlink()
        found = zv.audit(tmp_path / "gone")
        assert found.breaches["where"].tolist() == ["certificate.parquet"]
        # who drops the bound too claims nothing
        path = tmp_path / "gone" / "plan.json"
        told = json.loads(path.read_text(encoding="utf-8")) | dict.fromkeys(("bound", "gap", "gap_total"))
        path.write_text(json.dumps(told | {"status": "feasible"}), encoding="utf-8")
        assert zv.audit(tmp_path / "gone").ok

    def test_a_row_has_another_name(self, solved: Path, tmp_path: Path) -> None:
        priced = pd.read_parquet(solved / "certificate.parquet").query("what == 'price'")["name"].iloc[0]
        found = self.changed(solved, tmp_path / "plan", lambda table: table.replace({"name": {priced: "no row"}}))
        assert not found.ok
        assert "no row" in found.breaches["found"].str.cat()

    def test_other_prices(self, solved: Path, tmp_path: Path) -> None:
        def dearer(table: pd.DataFrame) -> pd.DataFrame:
            return table.assign(value=table["value"].where(table["what"] != "price", 1.5 * table["value"]))

        assert not self.changed(solved, tmp_path / "plan", dearer).ok

    def test_a_bound_that_is_too_good(self, solved: Path, tmp_path: Path) -> None:
        shutil.copytree(solved, tmp_path / "plan")
        path = tmp_path / "plan" / "plan.json"
        told = json.loads(path.read_text(encoding="utf-8"))
        told["bound"] -= 1e-4 * abs(told["bound"])
        path.write_text(json.dumps(told), encoding="utf-8")
        found = zv.audit(tmp_path / "plan")
        assert not found.ok
        assert "certificate" in set(found.breaches["rule"]) | set(found.breaches.iloc[:, 0])

    def test_what_is_no_table_of_leaves(self, solved: Path, tmp_path: Path) -> None:
        shutil.copytree(solved, tmp_path / "plan")
        (tmp_path / "plan" / "certificate.parquet").write_bytes(b"PAR1")
        found = zv.audit(tmp_path / "plan")
        assert not found.ok
        assert found.breaches["where"].tolist() == ["certificate.parquet"]
        for gone in ("stage", "leaf", "what", "name", "value"):
            beside = tmp_path / f"plan without {gone}"
            assert not self.changed(solved, beside, lambda table, gone=gone: table.drop(columns=gone)).ok


@pytest.fixture(scope="module", params=["a minimum", "projects"])
def without_plan(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plan folder of a study that has no plan: by its linear program, or by its whole numbers only."""
    home = tmp_path_factory.mktemp("no_plan")
    study = impossible() if request.param == "a minimum" else odd()
    one = zv.solve(study, method="mip")
    plan = zv.solve(study, method="prices")
    assert (plan.status, plan.has_plan, plan.method) == ("infeasible", False, "prices")
    assert (one.status, one.message) == (plan.status, plan.message)
    assert plan.audit is not None
    assert plan.audit.ok
    assert (plan.certificate["leaf"].max() > 0) == (request.param == "projects")
    plan.write(home / "plan")
    return home / "plan"


def impossible() -> Study:
    """More shops than there is land."""
    return works([{"limit": "shops", "account": "area.practice.shop", "sense": ">=", "value": 50, "period": "last"}], 1)


def odd() -> Study:
    """Projects of 2 million each, and limits that ask for outlays of 3 in all: half a project."""
    return works([{"limit": "outlay", "account": "project.capex", "sense": "=", "value": 3, "period": "total"}], 3)


def works(limits: list[dict[str, Any]], projects: int) -> Study:
    return town(
        parcels=[parcel(f"P{i}") for i in range(4)],
        accounts=[account("sale", recurrence="one_off")],
        practices=[{"practice": "shop", "zone": "Z", "mode": "service"}],
        practice_flows=[flow("sale", 1.0)],
        projects=[{"project": f"j{i}", "capex": 2.0, "build_years": 1} for i in range(projects)],
        limits=limits,
    )


class TestThatThereIsNoPlan:
    """The folder of a study without a plan holds the proof, and the audit reads it."""

    def test_it_holds(self, without_plan: Path) -> None:
        found = zv.audit(without_plan)
        assert found.ok, found.breaches.to_string()
        assert "no plan" in found.to_text()
        assert "无可行方案" in found.to_text("zh")
        done = CliRunner().invoke(app, ["audit", str(without_plan)], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        assert "audit_no_plan" not in (without_plan / "report.html").read_text(encoding="utf-8")

    @pytest.mark.parametrize("change", ["prices", "leaf", "ray", "name", "gone"])
    def test_it_is_changed(self, without_plan: Path, tmp_path: Path, change: str) -> None:
        folder = tmp_path / "plan"
        shutil.copytree(without_plan, folder)
        path = folder / "certificate.parquet"
        table = pd.read_parquet(path)
        priced, ray = table["what"] == "price", table["what"] == "ray"
        if change == "prices":
            table.loc[priced, "value"] *= -1.0
        elif change == "leaf":
            table = table[table["leaf"] > 0]
        elif change == "ray":
            table.loc[ray, "value"] = 0.0
        elif change == "name":
            table.loc[priced, "name"] = "no row"
        table.to_parquet(path, index=False)
        if change == "gone":
            path.unlink()
        assert not zv.audit(folder).ok
        done = CliRunner().invoke(app, ["audit", str(folder)], catch_exceptions=False)
        assert done.exit_code == 1, done.output

    def test_of_another_study(self, without_plan: Path, tmp_path: Path) -> None:
        """A limit is loosened: the proof is of another study, and there is a plan."""
        folder = tmp_path / "plan"
        shutil.copytree(without_plan, folder)
        limits = pd.read_csv(folder / "study" / "limits.csv")
        limits["value"] = 4.0
        limits.to_csv(folder / "study" / "limits.csv", index=False)
        rules = set(zv.audit(folder).breaches["rule"])
        assert rules == {"file", "certificate"}


def test_every_stage_has_its_own(tmp_path: Path) -> None:
    """In the lexicographic method each term's bound is proven: none can be told better than it is."""
    study = four({"method": "lexicographic", "order": ["ecosystem", "cash"], "tolerance": 0.01})
    plan = zv.solve(study, method="prices", gap=1e-2, threads=1)
    assert plan.certificate["stage"].unique().tolist() == [1, 2]
    plan.write(tmp_path / "plan")
    found = zv.audit(tmp_path / "plan")
    assert found.ok, found.breaches.to_string()
    assert found.figures["quantity"].str.contains("stage").sum() == 2
    path = tmp_path / "plan" / "plan.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    told["settings"]["stages"][0]["bound"] -= 0.01
    path.write_text(json.dumps(told), encoding="utf-8")
    changed = zv.audit(tmp_path / "plan")
    assert "certificate" in set(changed.breaches["rule"])
    table = pd.read_parquet(tmp_path / "plan" / "certificate.parquet")
    for stage in (1, 2):
        table[table["stage"] != stage].to_parquet(tmp_path / "plan" / "certificate.parquet", index=False)
        assert "its leaves together cover all plans" in set(zv.audit(tmp_path / "plan").breaches["must"])

"""Rows that tighten a program where land and projects meet: they cut off no plan, and the bound comes down."""

from __future__ import annotations

import os
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from tests.model.complete_town import account, flow, parcel, town
from tests.solvers.lakes import built, lakes, whole
from zonevest.instances.study import Study
from zonevest.solvers.answer import SolveOptions
from zonevest.solvers.highs import Watch, completed
from zonevest.solvers.program import Floats, Program
from zonevest.solvers.rounds import tightened

CASES = settings(max_examples=16 if os.environ.get("CI") else 8, suppress_health_check=list(HealthCheck))
HOLDS = 1e-6


def matrix_of(program: Program) -> sparse.csr_array:
    return sparse.csr_array(
        sparse.csc_array((program.value, program.index, program.start), shape=(program.n_rows, program.n_cols))
    )


def best(program: Program, *, relaxed: bool = False, at: Floats | None = None) -> tuple[float, Floats] | None:
    """The best value and point by SciPy, None where there is none; with `at`, its whole columns are kept."""
    held = program.integer if at is not None else np.zeros(program.n_cols, dtype=bool)
    kept = np.zeros(program.n_cols) if at is None else at
    found = milp(
        -program.cost,
        constraints=LinearConstraint(matrix_of(program), program.row_lower, program.row_upper),
        bounds=Bounds(np.where(held, kept, program.col_lower), np.where(held, kept, program.col_upper)),
        integrality=np.zeros(program.n_cols) if relaxed or at is not None else program.integer.astype(int),
        options={"mip_rel_gap": 0.0},
    )
    return None if found.status == 2 else (program.offset - float(found.fun), found.x)


def after(program: Program) -> Program:
    options = SolveOptions(gap=0.0)
    return tightened(program, Watch(program, options), 0.0, {"output_flag": False})[0]


def shore() -> Study:
    """A 10 ha and B 20 ha by the lake; shops there are worth 1 a hectare more once the quay is open, all of it levied.

    Works of a shop cost 0.6 a hectare on A and 2 on B, the quay 9; nothing is discounted, and each lasts to the end.
    """
    return town(
        rates={"finance": 0.0},
        parcels=[parcel("A", tags="lake"), parcel("B", tags="lake", area_ha=20.0, tenure="collective")],
        accounts=[
            account("rise", "uplift", "one_off"),
            account("levy", "revenue", "one_off", capture_tool="levy"),
            account("works", "cost", "one_off"),
        ],
        capture=[{"capture_tool": "levy", "uplift_account": "rise", "rate": 1.0}],
        practices=[{"practice": "shop", "zone": "Z", "mode": "service", "latest": "p1", "life_years": 4}],
        practice_flows=[flow("works", 0.6), flow("works", 1.4, where="tenure=collective")],
        projects=[
            {"project": "quay", "capex": 9.0, "build_years": 1, "life_years": 3, "latest": "p1", "catchment": "lake"}
            | {"uplift_per_ha": 1.0, "uplift_of": "shop", "uplift_account": "rise"}
        ],
    )


def test_a_row_by_hand() -> None:
    # All of A is shop, nothing of B, and the quay is open by half: 10 ha are used and 30 x 0.5 could be reached, so 10
    # are within the rows `reach` and `open`; but of A only half is reached: d <= 10 U + 20 x_B is broken by 5.
    block, program = built(shore())
    meeting = program.meetings[-1]  # of p3
    names = [*(f"option {k}" for k in range(len(block.group))), *block.columns]
    assert names[meeting.state] == "U[quay,p1]"
    assert sorted(names[k] for k in meeting.columns) == ["uplifted[quay,p1,N/lake/,p2]", "uplifted[quay,p1,N/lake/,p3]"]
    assert meeting.amount.tolist() == [10, 20]
    of_a, of_b = (meeting.options[meeting.member == i] for i in (0, 1))
    x = np.zeros(program.n_cols)
    x[of_a], x[meeting.state], x[meeting.columns[0]] = 1.0, 0.5, 10.0
    row = meeting.broken(x, 1e-4)
    assert row is not None
    found = {int(k): float(v) for k, v in zip(*row, strict=True)}
    assert found == {**dict.fromkeys(map(int, meeting.columns), 1.0), int(of_b[0]): -20.0, meeting.state: -10.0}
    # at 5 ha it is just kept
    x[meeting.columns[0]] = 5.0
    assert meeting.broken(x, 1e-4) is None


@CASES
@given(st.randoms(use_true_random=True))
def test_no_plan_is_cut_off(rnd: Random) -> None:
    # of every choice of options and starts, the most that may enjoy an uplift is within every row that a point of
    # fractions breaks
    block, program = built(lakes(rnd))
    assume(program.meetings)
    noise = np.random.default_rng(rnd.randint(0, 9))
    rows = []
    for meeting in program.meetings:
        for _ in range(6):
            x = noise.random(program.n_cols)
            x[meeting.columns] = 1e3
            row = meeting.broken(x, 1e-4)
            assert row is not None
            rows.append((meeting, row))
    points = list(whole(block, program))
    for x in rnd.sample(points, min(30, len(points))):
        for meeting, (positions, values) in rows:
            aim = np.zeros(program.n_cols)
            aim[meeting.columns] = 1.0
            most = best(replace(program, cost=aim, offset=0.0), at=x)
            if most is None:
                break
            assert float(values @ most[1][positions]) <= HOLDS


@CASES
@given(st.randoms(use_true_random=True))
def test_the_optimum_stays_and_the_bound_comes_down(rnd: Random) -> None:
    _, program = built(lakes(rnd))
    assume(program.meetings)
    fewer = after(program)
    assert fewer.n_cols == program.n_cols
    assert fewer.n_rows >= program.n_rows
    one, other = best(program), best(fewer)
    assert one is not None
    assert other is not None
    assert other[0] == pytest.approx(one[0], abs=1e-6)
    loose, tight = best(program, relaxed=True), best(fewer, relaxed=True)
    assert loose is not None
    assert tight is not None
    assert one[0] - 1e-6 <= tight[0] <= loose[0] + 1e-6


def test_the_bound_comes_down_by_hand() -> None:
    # A alone: 10 - 6 - 9; B is worth less than its works. But in fractions a third of the quay is open for all of A,
    # 10 <= 30 / 3: 10 - 6 - 3 = 1. Of A a third is reached then, and with that row nothing is worth while.
    _, program = built(shore())
    fewer = after(program)
    assert fewer.n_rows > program.n_rows
    for each, relaxed, value in ((program, True, 1.0), (fewer, True, 0.0), (program, False, 0.0)):
        found = best(each, relaxed=relaxed)
        assert found is not None
        assert found[0] == pytest.approx(value, abs=1e-9)


@CASES
@given(st.randoms(use_true_random=True))
def test_completed_finds_the_best_of_the_rest(rnd: Random) -> None:
    block, program = built(lakes(rnd))
    points = list(whole(block, program))
    fixed = np.arange(program.n_cols) < len(block.group)
    fixed |= program.integer
    for x in rnd.sample(points, min(8, len(points))):
        found = completed(program, SolveOptions(), x, fixed)
        most = best(replace(program, integer=fixed), at=x)
        if most is None:
            assert found is None or program.violation(found) > HOLDS
            continue
        assert found is not None
        assert program.violation(found) <= HOLDS
        assert found[fixed].tolist() == x[fixed].tolist()
        assert program.value_at(found) == pytest.approx(most[0], abs=1e-6)

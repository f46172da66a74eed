"""What prices prove holds, whatever the prices are; the best prices prove the value of the linear program."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import sparse

from tests import random_money
from tests.solvers.blocks import block
from tests.solvers.lakes import lakes
from zonevest.model.compiled import compile_policy, shared
from zonevest.model.land import Block, land_block, without_extra
from zonevest.model.ledger import Ledger
from zonevest.model.options import build_options
from zonevest.model.policy import policy_model
from zonevest.solvers.answer import Solution, SolveOptions
from zonevest.solvers.groups import Groups
from zonevest.solvers.highs import solve_here
from zonevest.solvers.join import join
from zonevest.solvers.pricing import Prices, closed

CASES = settings(max_examples=40)


def one_program(land: Block, *, whole: bool = True) -> Solution:
    """The best point by HiGHS, whole numbers whole or not."""
    program = join(land)
    if not whole:
        program = replace(program, integer=np.zeros(program.n_cols, dtype=np.bool_))
    return solve_here(program, SolveOptions(gap=0.0, threads=1))


def proven_by(found: Prices, prices: np.ndarray) -> float:
    """What some prices prove of all plans."""
    allowed = closed(prices, found.block.lower, found.block.upper)
    return found.bound(found.root(), allowed, found.ask(allowed))


def of_study(number: int) -> Block:
    """The block of a small study: every second one with money, the others with projects that raise the land's value."""
    rnd = Random(number)
    if number % 2:
        drawn = random_money.sound(rnd)
        assert drawn is not None
        study = drawn[-1]
    else:
        study = lakes(rnd)
    ledger = Ledger(build_options(study))
    return land_block(ledger, shared(compile_policy(policy_model(ledger))))


@pytest.mark.parametrize("single", [False, True])
@CASES
@given(seed=st.integers(0, 10**6), bounded=st.booleans(), integer=st.booleans())
def test_no_prices_prove_too_much(seed: int, single: bool, bounded: bool, integer: bool) -> None:
    land = block(seed, single=single, integer=integer, bounded=bounded)
    best = one_program(land)
    found, rng = Prices(land, Groups(land)), np.random.default_rng(seed)
    if best.value is None:
        return
    assert best.status == "optimal"
    for size in (0.0, 0.1, 1.0, 10.0):
        assert proven_by(found, size * rng.normal(size=3)) >= best.value - 1e-7


@pytest.mark.parametrize("number", range(8))
def test_no_prices_prove_too_much_of_a_study(number: int) -> None:
    land = of_study(number)
    best = one_program(land)
    if best.value is None:
        pytest.skip("there is no plan")
    whole = without_extra(land)
    found, rng = Prices(whole, Groups(whole)), np.random.default_rng(number)
    tried = [proven_by(found, size * rng.normal(size=len(whole.rows))) for size in (0.0, 1e-3, 1.0, 100.0)]
    priced = found.price(found.root(), -np.inf, 100, lambda: False, lambda _: None)
    for bound in (*tried, priced.node.bound):
        assert bound >= best.value - 1e-7 * max(1.0, abs(best.value))


@pytest.mark.parametrize("single", [False, True])
@CASES
@given(seed=st.integers(0, 10**6))
def test_the_best_prices_prove_the_linear_program(seed: int, single: bool) -> None:
    land = block(seed, single=single, bounded=True)
    best = one_program(land, whole=False)
    found = Prices(land, Groups(land))
    priced = found.price(found.root(), -np.inf, 300, lambda: False, lambda _: None, plan=True)
    if best.value is None:
        assert not priced.tight or priced.node.ray
        return
    assert priced.tight
    assert not priced.node.ray
    # and a mixture that is worth it, which breaks no row
    close = found.tolerance * max(1e-3, abs(best.value)) + 1e-7
    assert priced.node.bound == pytest.approx(best.value, abs=2 * close)
    assert priced.mixture is not None
    assert priced.mixture.value == pytest.approx(best.value, abs=2 * close)


@CASES
@given(seed=st.integers(0, 10**6), up=st.booleans())
def test_a_node_is_bounded_by_its_own_best(seed: int, up: bool) -> None:
    """With a whole number held at an end, the bound is one of the program in which it is held there."""
    land = block(seed, bounded=True)
    found = Prices(land, Groups(land))
    end = land.column_upper[0] if up else land.column_lower[0]
    lower, upper = land.column_lower.copy(), land.column_upper.copy()
    lower[0] = upper[0] = end
    node = replace(found.root(), lower=lower, upper=upper)
    priced = found.price(node, -np.inf, 100, lambda: False, lambda _: None)
    best = one_program(replace(land, column_lower=lower, column_upper=upper))
    if best.value is not None:
        assert priced.node.bound >= best.value - 1e-7
        assert not priced.node.ray


@pytest.mark.parametrize("worth", [1.0, 1e4])
@settings(max_examples=8)
@given(seed=st.integers(0, 10**6), narrow=st.sampled_from([1e-3, 1e-5, 1e-7]))
@example(seed=17, narrow=1e-5)
@example(seed=21, narrow=1e-7)
@example(seed=114, narrow=1e-7)
def test_a_narrow_box_does_not_pass_for_the_best_prices(worth: float, seed: int, narrow: float) -> None:
    """A node is begun in a narrow box, its best prices far away: what is called tight is the best all the same."""
    rng = np.random.default_rng(seed)
    land = block(seed, bounded=True, groups=int(rng.integers(2, 30)), rows=int(rng.integers(1, 7)))
    columns = land.by_column.toarray()
    columns[:, -1] *= worth
    land = replace(land, by_column=sparse.csr_array(columns))
    found = Prices(land, Groups(land))
    root = found.price(found.root(), -np.inf, 300, lambda: False, lambda _: None)
    for column, end in ((0, 0.0), (0, 1.0), (1, 0.0), (1, 2.0)):
        lower, upper = land.column_lower.copy(), land.column_upper.copy()
        lower[column] = upper[column] = end
        found.radius = narrow * found.span
        node = replace(root.node, lower=lower, upper=upper, bound=np.inf)
        priced = found.price(node, -np.inf, 60, lambda: False, lambda _: None)
        best = one_program(replace(land, column_lower=lower, column_upper=upper), whole=False)
        if best.value is None:
            assert priced.node.ray or not priced.tight
        else:
            close = found.tolerance * max(1e-3, abs(best.value)) + 1e-7
            assert priced.node.bound >= best.value - 1e-7 * max(1.0, abs(best.value))
            assert not priced.tight or priced.node.bound <= best.value + 2 * close


def test_a_price_charges_no_open_side() -> None:
    prices = np.array([1.0, -1.0, 2.0, -2.0, 0.0])
    lower, upper = np.array([-np.inf, -np.inf, 0.0, 0.0, 0.0]), np.array([1.0, 1.0, np.inf, np.inf, 1.0])
    assert closed(prices, lower, upper).tolist() == [1.0, 0.0, 0.0, -2.0, 0.0]


def test_told_and_stopped() -> None:
    """Every better bound is told, falling; a stop ends the passes after the one that is under way."""
    land = block(3, bounded=True)
    found, told = Prices(land, Groups(land)), list[float]()
    found.price(found.root(), -np.inf, 50, lambda: False, told.append)
    assert told == sorted(told, reverse=True)
    again = Prices(land, Groups(land))
    assert again.price(again.root(), -np.inf, 50, lambda: True, lambda _: None).passes <= 1


def test_no_prices_are_looked_for_beyond_what_a_gap_in_units_asks() -> None:
    passes = np.zeros(2, dtype=np.int64)
    for number in range(10):
        land = block(number, bounded=True, groups=20, rows=5, integer=False)
        best = one_program(land, whole=False)
        if best.value is None:
            continue
        apart = 0.02 * abs(best.value)
        for column, each in enumerate((0.0, apart)):
            found = Prices(land, Groups(land), 2e-6, apart=each)
            priced = found.price(found.root(), -np.inf, 300, lambda: False, lambda _: None)
            assert priced.tight
            assert priced.mixture is not None
            close = max(each, 2e-6 * abs(best.value)) + 1e-7
            assert -1e-7 <= priced.node.bound - best.value <= 2 * close
            assert abs(priced.mixture.value - best.value) <= 2 * close
            passes[column] += priced.passes
    assert 0 < passes[1] < passes[0]


def stood(number: int) -> Prices:
    """Prices of a small block, its master solved in a box around the best ones."""
    land = block(number, bounded=True, groups=20, rows=5)
    found = Prices(land, Groups(land))
    best = found.price(found.root(), -np.inf, 50, lambda: False, lambda _: None)
    found.master.hold(best.node.prices, found.radius)
    assert found.master.solve() is not None
    return found


def steps(found: Prices) -> int:
    """Steps of the simplex method in the master's last run."""
    return int(found.master.highs.getInfo().simplex_iteration_count)


@pytest.mark.parametrize("number", range(5))
def test_answers_that_go_leave_the_master_where_it_stands(number: int) -> None:
    found = stood(number)
    before = found.master.solve()
    assert before is not None
    used = found.used_in(before)
    found.master.drop(used)
    assert used.sum() <= len(found.master.cluster) < len(used)
    after = found.master.solve()
    assert after is not None
    assert steps(found) == 0
    assert after.value == pytest.approx(before.value, rel=1e-9)


@pytest.mark.parametrize("number", range(5))
def test_a_master_goes_on_from_where_one_like_it_stood(number: int) -> None:
    first = stood(number)
    standing = first.master.standing()
    assert standing is not None
    value = []
    for known in (True, False):
        again = Prices(first.block, Groups(first.block))
        again.ask_all(first.asked)
        assert (again.answers() == first.answers()).all()
        again.master.hold(first.best.prices, first.radius)
        if known:
            again.master.stand(*standing)
        mixture = again.master.solve()
        assert mixture is not None
        assert (steps(again) == 0) == known
        value.append(mixture.value)
    assert value[0] == pytest.approx(value[1], rel=1e-9)


def test_what_is_no_basis_is_not_gone_on_from() -> None:
    first = stood(3)
    standing = first.master.standing()
    assert standing is not None
    at, answers = standing
    again = Prices(first.block, Groups(first.block))
    again.ask_all(first.asked)
    again.master.stand(at, np.ones_like(answers))  # more than there are rows
    again.master.hold(first.best.prices, first.radius)
    assert again.master.solve() is not None
    assert steps(again) > 0


def test_a_program_with_other_threads_in_between() -> None:
    """HiGHS keeps its threads for all of a process: the master goes on after a program that asked for others."""
    land = block(3, bounded=True)
    found = Prices(land, Groups(land))
    for threads in (2, 1, 3):
        solve_here(join(block(4, bounded=True)), SolveOptions(threads=threads))
        assert found.price(found.root(), -np.inf, 50, lambda: False, lambda _: None).mixture is not None

"""Branches: what is held of a node, and what is left out, against the best plan."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.solvers.blocks import block
from zonevest.solvers.answer import SolveOptions
from zonevest.solvers.branches import Tree, Trial, sides
from zonevest.solvers.certificate import Leaf, covers
from zonevest.solvers.choices import Choices
from zonevest.solvers.groups import Groups
from zonevest.solvers.highs import solve_here
from zonevest.solvers.join import join
from zonevest.solvers.pricing import Prices


@settings(max_examples=60)
@given(seed=st.integers(0, 10**6), share=st.floats(0.0, 1.0))
def test_what_is_left_out_holds_no_better_plan(seed: int, share: float) -> None:
    land = block(seed, bounded=True, groups=12)
    prices = Prices(land, Groups(land))
    root = prices.price(prices.root(), -np.inf, 200, lambda: False, lambda _: None)
    best = solve_here(join(land), SolveOptions(gap=0.0, threads=1))
    if best.value is None or root.mixture is None:
        return
    target = best.value - share * 5.0
    tree = Tree(prices, root.node, Choices(prices), lambda _: None)
    held = tree._held(root.node, target)
    leaves = [Leaf(node.lower, node.upper, node.prices, node.bound) for node in (*tree.leaves, held)]
    assert tree.fixed == len(tree.leaves)
    assert covers(land.column_lower, land.column_upper, leaves, land.column_integer)
    for node in tree.leaves:
        there = solve_here(join(replace(land, column_lower=node.lower, column_upper=node.upper)), SolveOptions(gap=0.0))
        assert node.bound <= target
        assert there.value is None or there.value <= node.bound + 1e-7


@settings(max_examples=40)
@given(seed=st.integers(0, 10**6))
def test_a_fall_is_that_of_the_master_in_the_side(seed: int) -> None:
    """Against a master solved anew in the side's own bounds, where rows are missed at the same price."""
    land = block(seed, bounded=True, groups=12)
    prices = Prices(land, Groups(land))
    root = prices.price(prices.root(), -np.inf, 200, lambda: False, lambda _: None)
    if root.mixture is None:
        return
    trial = Trial(prices, root)
    assert trial.mixture is not None
    for side in sides(root.node, 0, 0.5):
        fall = trial.fall(side)
        columns = prices.integer
        prices.master.highs.clearSolver()
        prices.master.bound_columns(columns, side.lower[columns], side.upper[columns])
        alone = prices.master.solve()
        assert alone is not None
        assert abs(fall - max(trial.mixture.value - alone.value, 0.0)) <= 1e-6 * max(1.0, abs(alone.value))
